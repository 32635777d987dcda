// Starting a process with crun: streams, the run of crun, and what came of it.
#pragma once

#include "agent/agent.pb-c.h"
#include "console.h"
#include "crun.h"
#include "process.h"

struct launch {
    const Grpc__Process *definition; // to be set before the start; must last until done
    unsigned limit_ms;               // likewise to be set: how long crun may take
    struct crun crun;
    struct console console;
    struct process *process;
    // error is NULL if the process is there (it may have exited already). Otherwise the process is the caller's to end: it runs
    // if it is marked as started. May free the launch.
    void (*done)(struct launch *launch, const char *error);
};

// Runs `crun COMMAND... --pid-file X [--console-socket Y] ID`. `done` is called once, from the loop; unless this returns a
// text of what went wrong at once, which is valid until the next call.
const char *launch_start(struct launch *launch, struct process *process, const char *const *command, int input_fd,
                         void (*done)(struct launch *launch, const char *error));
