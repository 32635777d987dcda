#include "process_calls.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

#include "agent/agent.pb-c.h"
#include "container.h"
#include "ports.h"

// Finds the process a call is about; NULL if there is none, and then the call has been answered.
static struct process *find(struct call *call, const char *container_id, const char *exec_id, bool lingering) {
    struct container *container = container_find(container_id);
    struct process *process = container == NULL ? NULL : container_find_process(container, exec_id, lingering);
    if (container == NULL)
        call_fail(call, STATUS_INVALID_ARGUMENT, "%s: invalid container id \"%s\"", call->method->name, container_id);
    else if (process == NULL)
        call_fail(call, STATUS_NOT_FOUND, "%s: no process \"%s\" in container %s", call->method->name, exec_id, container_id);
    return process;
}

// ---- signals

void handle_signal_process(struct call *call, const void *message) {
    const Grpc__SignalProcessRequest *request = message;
    struct process *process = find(call, request->container_id, request->exec_id, false);
    if (process == NULL) return;
    int signal = (int)request->signal;
    if (request->signal > 64) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "SignalProcess: signal %u (expected: 0 to 64)", request->signal);
        return;
    }
    int error = 0;
    if (request->exec_id[0] == 0 && signal == SIGKILL)
        container_kill_all(process->container);
    else if (request->exec_id[0] == 0)
        container_signal_all(process->container, signal);
    else
        error = process_signal(process, signal);
    if (error == 0)
        call_reply_empty(call);
    else
        call_fail(call, STATUS_INTERNAL, "SignalProcess %u to \"%s\" in container %s: %s", request->signal, process->id,
                  process->container->id, strerror(error));
}

void handle_wait_process(struct call *call, const void *message) {
    const Grpc__WaitProcessRequest *request = message;
    struct process *process = find(call, request->container_id, request->exec_id, true);
    if (process != NULL) process_wait(process, call);
}

// ---- streams

void handle_read_stdout(struct call *call, const void *message) {
    const Grpc__ReadStreamRequest *request = message;
    struct port_connection *connection = port_connection_find(request->container_id, request->exec_id);
    struct process *process = connection == NULL ? find(call, request->container_id, request->exec_id, true) : NULL;
    if (connection != NULL || process != NULL)
        output_read(connection != NULL ? &connection->output : &process->output, call, request->len, request->position, request->done);
}

// A terminal has one stream: its stderr is at its end from the beginning.
void handle_read_stderr(struct call *call, const void *message) {
    const Grpc__ReadStreamRequest *request = message;
    struct process *process = find(call, request->container_id, request->exec_id, true);
    if (process != NULL) output_read(&process->errors, call, request->len, request->position, request->done);
}

void handle_write_stdin(struct call *call, const void *message) {
    const Grpc__WriteStreamRequest *request = message;
    struct port_connection *connection = port_connection_find(request->container_id, request->exec_id);
    if (connection != NULL) {
        input_write(&connection->input, call, request->data.data, request->data.len);
        return;
    }
    struct process *process = find(call, request->container_id, request->exec_id, false);
    if (process == NULL) return;
    if (request->data.len == 0 && !process->terminal) input_finish(&process->input);
    input_write(&process->input, call, request->data.data, request->data.len);
}

// Closing a terminal's master would cut its output off as well, so there it means nothing.
void handle_close_stdin(struct call *call, const void *message) {
    const Grpc__CloseStdinRequest *request = message;
    struct port_connection *connection = port_connection_find(request->container_id, request->exec_id);
    if (connection != NULL) {
        input_finish(&connection->input);
        call_reply_empty(call);
        return;
    }
    struct process *process = find(call, request->container_id, request->exec_id, false);
    if (process == NULL) return;
    if (!process->terminal) input_finish(&process->input);
    call_reply_empty(call);
}

void handle_tty_win_resize(struct call *call, const void *message) {
    const Grpc__TtyWinResizeRequest *request = message;
    struct process *process = find(call, request->container_id, request->exec_id, false);
    if (process == NULL) return;
    struct winsize size = {.ws_row = (unsigned short)request->row, .ws_col = (unsigned short)request->column};
    if (!process->terminal)
        call_fail(call, STATUS_UNAVAILABLE, "TtyWinResize: no tty");
    else if (process->output.fd >= 0 && ioctl(process->output.fd, TIOCSWINSZ, &size) < 0)
        call_fail(call, STATUS_INTERNAL, "TtyWinResize %u rows %u columns: %s", request->row, request->column, strerror(errno));
    else
        call_reply_empty(call);
}
