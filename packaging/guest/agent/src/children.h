// Child processes: starting them without ever waiting, and learning of their exits.
//
// The agent is PID 1 or a child subreaper, so a process that crun leaves behind becomes its child too. Such a process may exit
// before its pid is known here; exits of strangers are therefore remembered for as long as a crun is running.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "list.h"

struct child {
    struct list link;
    pid_t pid;
    void (*exited)(struct child *child, int wait_status);
};

// Descriptors 3 to CHILD_FD_LIMIT - 1 never belong to the agent, so that they can be given to children under fixed numbers.
enum { CHILD_FD_LIMIT = 10 };
bool descriptors_reserve(void);

// Starts to reap, and becomes a subreaper.
bool children_init(void);

// What a child is started with. fds[n] becomes descriptor n; -1 is /dev/null for 0 to 2 and nothing above.
struct spawn {
    const char *path;
    const char *const *arguments;   // NULL-terminated
    const char *const *environment; // NULL-terminated; NULL passes the agent's on
    int fds[CHILD_FD_LIMIT];
    bool new_session;
};

// Sets all descriptors to -1.
void spawn_init(struct spawn *spawn);

// Starts a process; 0 or an errno. `exited` is called from the loop, never from here.
int child_spawn(struct child *child, const struct spawn *spawn, void (*exited)(struct child *child, int wait_status));

// Waits for a process that the agent has just forked; `exited` is called from the loop.
void child_take(struct child *child, pid_t pid, void (*exited)(struct child *child, int wait_status));

// Waits for a process that another one left to the agent. If it has exited meanwhile, `exited` is called before this returns.
void child_adopt(struct child *child, pid_t pid, void (*exited)(struct child *child, int wait_status));

// Nobody waits any more; the exit will go unnoticed.
void child_forget(struct child *child);

// From begin to end the exits of unknown processes are remembered. Calls may overlap.
void strangers_begin(void);
void strangers_end(void);

// 128 + n for signal n, else the exit code.
int exit_code(int wait_status);
