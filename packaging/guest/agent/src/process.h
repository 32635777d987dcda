// A process of a container: its init, or one that was added by ExecProcess.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "call.h"
#include "children.h"
#include "input.h"
#include "list.h"
#include "output.h"

struct container;

struct process {
    struct list link; // in the container, running or not yet waited for; or among its processes that linger
    struct container *container;
    struct child child; // pid 0 before crun has told it and after the exit
    char *id;
    bool terminal;
    bool started; // a pid is known, or was
    bool exited;
    int code;
    struct input input;
    struct output output, errors; // a terminal has no errors
    struct list waiters;          // WaitProcess calls
};

// The child's ends of the streams, to be closed once it has them; -1 with a terminal.
struct process_streams {
    int fds[3];
};

struct process *process_new(struct container *container, const char *id, bool terminal);

// Makes pipes for stdin (not for a process that has none: it gets /dev/null), stdout and stderr. 0 or an errno.
int process_open_pipes(struct process *process, struct process_streams *streams, bool no_stdin);
void process_streams_close(struct process_streams *streams);

// Takes over the terminal's master. 0 or an errno.
int process_open_terminal(struct process *process, int master);

// crun has started it: its exit is reported from now on.
void process_started(struct process *process, pid_t pid);

// Closes the streams, answers whoever waits, frees it.
void process_free(struct process *process);

// Sends a signal; 0 or an errno. A process that has exited is no error.
int process_signal(struct process *process, int signal);

// Answers with the exit code, now or when it is known.
void process_wait(struct process *process, struct call *call);
