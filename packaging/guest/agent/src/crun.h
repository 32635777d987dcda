// Running crun, which makes the containers.
//
// Nothing goes over the file system: what crun reads (a specification) and writes (its log, a pid) are memory files handed down as
// descriptors and named /proc/self/fd/N in its arguments.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "children.h"
#include "loop.h"

// Descriptors of a crun process; 0 to 2 are what its container gets.
enum { CRUN_LOG_FD = 3, CRUN_INPUT_FD = 4, CRUN_PID_FD = 5 };
// Where it keeps what it knows of its containers.
#define CRUN_ROOT "/run/crun"
#define CRUN_INPUT "/proc/self/fd/4"
#define CRUN_PID_FILE "/proc/self/fd/5"

struct crun {
    struct child child;
    struct timer limit;
    unsigned limit_ms;
    int log_fd, pid_fd;
    bool timed_out;
    // Called once, from the loop. crun_finish must be called in it.
    void (*done)(struct crun *crun, bool success);
};

struct crun_run {
    const char *const *arguments; // what follows the global options, NULL-terminated
    int stdio[3];                 // -1 for /dev/null
    int input_fd;                 // -1 if there is none; stays the caller's
    bool wants_pid;
    unsigned limit_ms; // how long it may take; it is killed then
};

// Starts crun; 0 or an errno.
int crun_start(struct crun *crun, const struct crun_run *run, void (*done)(struct crun *crun, bool success));

// What crun logged, as one line for a status message; "" if nothing.
void crun_message(const struct crun *crun, char *text, size_t size);

// The pid it wrote, 0 if none.
pid_t crun_pid(const struct crun *crun);

// Closes the files; exits of strangers are remembered until then.
void crun_finish(struct crun *crun);

// A memory file, opened for reading and writing; -1 with errno on failure.
int memory_file(const char *name);
