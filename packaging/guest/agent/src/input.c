#include "input.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/agent.pb-c.h"
#include "log.h"

// What is left to write of one call, kept in the call's own memory.
struct rest {
    const uint8_t *bytes;
    size_t length, done;
};

static void write_on(struct input *input);

static void ready(struct watch *watch, uint32_t events) {
    (void)events;
    write_on(container_of(watch, struct input, watch));
}

void input_init(struct input *input) {
    *input = (struct input){.watch = {.fd = -1, .ready = ready}, .fd = -1};
    list_init(&input->writers);
}

void input_open(struct input *input, int fd) {
    input->fd = fd;
    if (!watch_add(&input->watch, fd, EPOLLONESHOT)) log_error("watch a stream: %s", strerror(errno));
}

void input_open_socket(struct input *input, int fd) {
    input->socket = true;
    input_open(input, fd);
}

static struct call *first_writer(struct input *input) {
    struct list *first = list_first(&input->writers);
    return first == NULL ? NULL : container_of(first, struct call, waiting);
}

static void shut(struct input *input) {
    watch_remove(&input->watch);
    if (input->fd >= 0 && input->socket) shutdown(input->fd, SHUT_WR);
    if (input->fd >= 0) close(input->fd);
    input->fd = -1;
}

static void refuse_all(struct input *input, const char *reason) {
    struct call *call;
    while ((call = first_writer(input)) != NULL) call_fail(call, STATUS_INTERNAL, "%s: %s", call->method->name, reason);
}

static void answer(struct call *call, size_t length) {
    Grpc__WriteStreamResponse response = GRPC__WRITE_STREAM_RESPONSE__INIT;
    response.len = (uint32_t)length;
    call_reply(call, &response.base);
}

static void write_on(struct input *input) {
    struct call *call;
    while ((call = first_writer(input)) != NULL) {
        struct rest *rest = (struct rest *)(uintptr_t)call->argument;
        ssize_t count = write(input->fd, rest->bytes + rest->done, rest->length - rest->done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) {
            watch_change(&input->watch, EPOLLOUT | EPOLLONESHOT);
            return;
        }
        if (count < 0) {
            const char *reason = strerror(errno);
            shut(input);
            refuse_all(input, reason);
            return;
        }
        rest->done += (size_t)count;
        if (rest->done == rest->length) answer(call, rest->length);
    }
    if (input->closing) shut(input);
}

// Bytes already written stay written: the next call goes on behind them.
static void writer_abandoned(struct call *call) {
    struct input *input = call->owner;
    list_remove(&call->waiting);
    write_on(input);
}

void input_write(struct input *input, struct call *call, const uint8_t *bytes, size_t length) {
    if (length == 0) {
        answer(call, 0);
        return;
    }
    if (input->fd < 0 || input->closing) {
        call_fail(call, STATUS_INTERNAL, "%s: stdin is closed", call->method->name);
        return;
    }
    struct rest *rest = arena_alloc(&call->arena, sizeof *rest);
    if (rest == NULL) {
        call_fail_memory(call);
        return;
    }
    *rest = (struct rest){.bytes = bytes, .length = length};
    call->argument = (uintptr_t)rest;
    call_wait(call, &input->writers, input, writer_abandoned);
    if (list_first(&input->writers) == &call->waiting) write_on(input);
}

void input_finish(struct input *input) {
    input->closing = true;
    if (list_empty(&input->writers)) shut(input);
}

void input_close(struct input *input) {
    shut(input);
    refuse_all(input, "the process is gone");
}
