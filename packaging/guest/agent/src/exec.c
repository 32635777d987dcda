// ExecProcess: one more program in a container.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.pb-c.h"
#include "container.h"
#include "crun.h"
#include "json.h"
#include "launch.h"
#include "process_calls.h"
#include "removal.h"
#include "spec_json.h"

struct exec {
    struct launch launch;
    struct call *call;
};

static void launched(struct launch *launch, const char *error) {
    struct exec *exec = container_of(launch, struct exec, launch);
    struct process *process = launch->process;
    struct container *container = process->container;
    struct call *call = exec->call;
    free(exec);
    if (error != NULL) {
        call_fail(call, STATUS_INTERNAL, "ExecProcess %s in container %s: %s", process->id, container->id, error);
        // One that runs although its terminal is lost is of no use to anybody.
        if (process->started) process_signal(process, SIGKILL);
        if (!process->started || process->exited) process_free(process);
    } else {
        if (call_is_gone(call)) process_signal(process, SIGKILL); // nobody will ever wait for it
        call_reply_empty(call);
    }
    if (container->removal != NULL) removal_go_on(container);
}

static int write_process(const Grpc__Process *process) {
    int fd = memory_file("process.json");
    if (fd < 0) return -1;
    struct json json;
    bool written = json_begin(&json);
    if (written) {
        process_json(&json, NULL, process);
        written = json_write(&json, fd);
        json_free(&json);
    }
    if (written) return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static void exec_start(struct call *call, struct container *container, const Grpc__ExecProcessRequest *request) {
    struct exec *exec = calloc(1, sizeof *exec);
    struct process *process = exec == NULL ? NULL : process_new(container, request->exec_id, request->process->terminal);
    if (process == NULL) {
        free(exec);
        call_fail_memory(call);
        return;
    }
    exec->call = call;
    exec->launch.definition = request->process;
    exec->launch.limit_ms = call_time_left_ms(call);
    static const char *const command[] = {"exec", "--detach", "--process", CRUN_INPUT, NULL};
    int input = write_process(request->process);
    const char *error = input < 0 ? strerror(errno) : launch_start(&exec->launch, process, command, input, launched);
    if (input >= 0) close(input);
    if (error == NULL) return;
    call_fail(call, STATUS_INTERNAL, "ExecProcess %s in container %s: %s", request->exec_id, container->id, error);
    process_free(process);
    free(exec);
}

void handle_exec_process(struct call *call, const void *message) {
    const Grpc__ExecProcessRequest *request = message;
    struct container *container = container_find(request->container_id);
    if (container == NULL)
        call_fail(call, STATUS_INVALID_ARGUMENT, "ExecProcess: invalid container id \"%s\"", request->container_id);
    else if (request->exec_id[0] == 0 || request->process == NULL || request->process->n_args == 0)
        call_fail(call, STATUS_INVALID_ARGUMENT, "ExecProcess: an exec_id and a process with arguments are needed");
    else if (request->stdin_port != 0 || request->stdout_port != 0 || request->stderr_port != 0)
        call_fail(call, STATUS_INVALID_ARGUMENT, "ExecProcess: stream ports are not supported");
    else if (container_find_process(container, request->exec_id, false) != NULL)
        call_fail(call, STATUS_ALREADY_EXISTS, "ExecProcess: exec_id %s already exists", request->exec_id);
    else if (container->state != CONTAINER_RUNNING && container->state != CONTAINER_CREATED)
        call_fail(call, STATUS_FAILED_PRECONDITION, "ExecProcess: container %s is being %s", container->id,
                  container->state == CONTAINER_CREATING ? "created" : "removed");
    else if (container->init->exited || container->paused)
        call_fail(call, STATUS_FAILED_PRECONDITION, "ExecProcess: container %s %s", container->id,
                  container->paused ? "is paused" : "has stopped");
    else if (list_length(&container->processes) >= CONTAINER_PROCESSES_LIMIT)
        call_fail(call, STATUS_RESOURCE_EXHAUSTED, "ExecProcess: container %s has %d processes that nobody has waited for", container->id,
                  CONTAINER_PROCESSES_LIMIT);
    else
        exec_start(call, container, request);
}
