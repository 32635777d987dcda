#include "launch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "start_error.h"

enum { ARGUMENTS_LIMIT = 24 };

static char text[256];

static const char *problem(const char *what, int error) {
    snprintf(text, sizeof text, "%s: %s", what, strerror(error));
    return text;
}

// What crun did is known: takes the pid, and the terminal if there is one.
static bool take_process(struct launch *launch, char *error, size_t size) {
    struct process *process = launch->process;
    pid_t pid = crun_pid(&launch->crun);
    if (pid <= 0) {
        snprintf(error, size, "crun succeeded but left no pid");
        return false;
    }
    if (process->terminal) {
        int master = console_take(&launch->console), failure = master < 0 ? EPROTO : process_open_terminal(process, master);
        if (failure != 0) {
            snprintf(error, size, "terminal from crun: %s", strerror(failure));
            process_started(process, pid); // it runs, and must be reaped
            return false;
        }
    }
    process_started(process, pid);
    return true;
}

static void crun_done(struct crun *crun, bool success) {
    struct launch *launch = container_of(crun, struct launch, crun);
    struct container *container = launch->process->container;
    char error[1024];
    if (!success) crun_message(crun, error, sizeof error);
    if (!success && !crun->timed_out) start_error_reword(launch->definition, error, sizeof error);
    bool there = success && take_process(launch, error, sizeof error);
    crun_finish(crun);
    console_close(&launch->console);
    container->launches--;
    launch->done(launch, there ? NULL : error);
}

static int run(struct launch *launch, const char *const *command, int input_fd, const struct process_streams *streams) {
    const char *arguments[ARGUMENTS_LIMIT];
    int count = 0;
    while (command[count] != NULL && count < ARGUMENTS_LIMIT - 6) {
        arguments[count] = command[count];
        count++;
    }
    arguments[count++] = "--pid-file";
    arguments[count++] = CRUN_PID_FILE;
    if (launch->process->terminal) {
        arguments[count++] = "--console-socket";
        arguments[count++] = launch->console.path;
    }
    arguments[count++] = launch->process->container->id;
    arguments[count] = NULL;
    struct crun_run crun_run = {.arguments = arguments, .input_fd = input_fd, .wants_pid = true, .limit_ms = launch->limit_ms};
    memcpy(crun_run.stdio, streams->fds, sizeof crun_run.stdio);
    return crun_start(&launch->crun, &crun_run, crun_done);
}

const char *launch_start(struct launch *launch, struct process *process, const char *const *command, int input_fd,
                         void (*done)(struct launch *launch, const char *error)) {
    launch->process = process;
    launch->done = done;
    launch->console.listener = -1;
    struct process_streams streams = {{-1, -1, -1}};
    int error = process->terminal ? console_listen(&launch->console) : process_open_pipes(process, &streams, launch->definition->nostdin);
    if (error != 0) return problem(process->terminal ? "console socket" : "pipes", error);
    error = run(launch, command, input_fd, &streams);
    process_streams_close(&streams);
    if (error != 0) {
        console_close(&launch->console);
        return problem("start crun", error);
    }
    process->container->launches++;
    return NULL;
}
