#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.pb-c.h"
#include "container.h"
#include "log.h"
#include "options.h"

enum { OUTPUT_PIPE_SIZE = 1 << 20 };

struct process *process_new(struct container *container, const char *id, bool terminal) {
    struct process *process = calloc(1, sizeof *process);
    if (process == NULL) return NULL;
    process->id = strdup(id);
    if (process->id == NULL) {
        free(process);
        return NULL;
    }
    process->container = container;
    process->terminal = terminal;
    list_init(&process->child.link);
    list_init(&process->waiters);
    input_init(&process->input);
    output_init(&process->output);
    output_init(&process->errors);
    list_append(&container->processes, &process->link);
    return process;
}

// ---- streams

static bool set_non_blocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

// Only our end is non-blocking: the program in the container expects ordinary pipes.
static int open_pipe(int *ours, int *theirs, bool we_write) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return errno;
    *ours = ends[we_write ? 1 : 0];
    *theirs = ends[we_write ? 0 : 1];
    // A read of output brings at most what the pipe holds, so room saves round trips, and is only used where a program fills it.
    uint32_t size = options.container_pipe_size > 0 ? options.container_pipe_size : we_write ? 0 : OUTPUT_PIPE_SIZE;
    if (size > 0) fcntl(*ours, F_SETPIPE_SZ, (int)size);
    return set_non_blocking(*ours) ? 0 : errno;
}

int process_open_pipes(struct process *process, struct process_streams *streams, bool no_stdin) {
    int ours[3] = {-1, -1, -1}, error = 0;
    *streams = (struct process_streams){{-1, -1, -1}};
    for (int i = no_stdin ? 1 : 0; i < 3 && error == 0; i++) error = open_pipe(&ours[i], &streams->fds[i], i == STDIN_FILENO);
    if (error != 0) {
        for (int i = 0; i < 3; i++)
            if (ours[i] >= 0) close(ours[i]);
        process_streams_close(streams);
        return error;
    }
    if (!no_stdin) input_open(&process->input, ours[0]);
    output_open(&process->output, ours[1]);
    output_open(&process->errors, ours[2]);
    return 0;
}

void process_streams_close(struct process_streams *streams) {
    for (int i = 0; i < 3; i++) {
        if (streams->fds[i] >= 0) close(streams->fds[i]);
        streams->fds[i] = -1;
    }
}

int process_open_terminal(struct process *process, int master) {
    int writer = fcntl(master, F_DUPFD_CLOEXEC, CHILD_FD_LIMIT);
    if (writer < 0 || !set_non_blocking(master)) {
        int error = errno;
        if (writer >= 0) close(writer);
        close(master);
        return error;
    }
    output_open(&process->output, master);
    input_open(&process->input, writer);
    return 0;
}

// ---- life

static void answer_wait(const struct process *process, struct call *call) {
    Grpc__WaitProcessResponse response = GRPC__WAIT_PROCESS_RESPONSE__INIT;
    response.status = process->code;
    call_reply(call, &response.base);
}

static void exited(struct child *child, int wait_status) {
    struct process *process = container_of(child, struct process, child);
    process->exited = true;
    process->code = exit_code(wait_status);
    log_debug("container %s: process %s ended with %d", process->container->id, process->id, process->code);
    output_writer_exited(&process->output);
    output_writer_exited(&process->errors);
    bool waited = !list_empty(&process->waiters);
    struct list *first;
    while ((first = list_first(&process->waiters)) != NULL) answer_wait(process, container_of(first, struct call, waiting));
    container_process_exited(process->container, process, waited);
}

void process_started(struct process *process, pid_t pid) {
    process->started = true;
    child_adopt(&process->child, pid, exited);
}

void process_free(struct process *process) {
    child_forget(&process->child);
    list_remove(&process->link);
    struct list *first;
    while ((first = list_first(&process->waiters)) != NULL)
        call_fail(container_of(first, struct call, waiting), STATUS_NOT_FOUND, "WaitProcess: the process is gone");
    input_close(&process->input);
    output_close(&process->output);
    output_close(&process->errors);
    free(process->id);
    free(process);
}

int process_signal(struct process *process, int signal) {
    // The agent reaps: as long as the pid is here, it is this process's and nobody else's.
    if (process->child.pid == 0) return process->started ? 0 : ESRCH;
    return kill(process->child.pid, signal) == 0 || errno == ESRCH ? 0 : errno;
}

static void wait_abandoned(struct call *call) {
    (void)call; // being freed takes it out of the list
}

void process_wait(struct process *process, struct call *call) {
    if (!process->exited) {
        call_wait(call, &process->waiters, process, wait_abandoned);
        return;
    }
    answer_wait(process, call);
    container_process_waited(process->container, process);
}
