#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "envelope.h"
#include "frame.h"
#include "log.h"

enum {
    // What a client may ask for, less room for the envelope.
    READ_LIMIT = FRAME_DATA_LIMIT - 64,
    LEAST_ROOM = 4096,
    // How long the output must be quiet after the exit until that is taken for its end.
    QUIET_MS = 500,
};

static void serve(struct output *output);

static void ready(struct watch *watch, uint32_t events) {
    (void)events;
    serve(container_of(watch, struct output, watch));
}

static void fed(struct starvation *starvation) {
    serve(container_of(starvation, struct output, starvation));
}

static void quiet_long_enough(struct timer *timer) {
    struct output *output = container_of(timer, struct output, quiet);
    output->settled = true;
    serve(output);
}

void output_init(struct output *output) {
    *output = (struct output){.watch = {.fd = -1, .ready = ready}, .fd = -1};
    list_init(&output->readers);
    list_init(&output->starvation.link);
    output->starvation.fed = fed;
    timer_init(&output->quiet, quiet_long_enough);
}

void output_open(struct output *output, int fd) {
    output->fd = fd;
    if (!watch_add(&output->watch, fd, EPOLLONESHOT)) log_error("watch a stream: %s", strerror(errno));
}

static void end(struct output *output) {
    timer_stop(&output->quiet);
    list_remove(&output->starvation.link);
    watch_remove(&output->watch);
    if (output->fd >= 0) close(output->fd);
    output->fd = -1;
}

static struct call *first_reader(struct output *output) {
    struct list *first = list_first(&output->readers);
    return first == NULL ? NULL : container_of(first, struct call, waiting);
}

static void answer_end(struct call *call) {
    struct out_frame *frame = response_stream_begin(0);
    if (frame == NULL)
        call_fail_memory(call);
    else
        call_reply_stream(call, frame, 0);
}

// How much to make room for: what is there. A terminal may have more than it says.
static size_t room_for(const struct output *output, uint64_t limit) {
    int available = 0;
    if (ioctl(output->fd, FIONREAD, &available) < 0 || available < LEAST_ROOM) available = LEAST_ROOM;
    if (limit > READ_LIMIT) limit = READ_LIMIT;
    return (uint64_t)available < limit ? (size_t)available : (size_t)limit;
}

enum outcome { GAVE_DATA, NOTHING_YET, ENDED };

// A pipe or terminal gives at most what one write or line put there; going on until it is empty saves the client round trips.
static ssize_t read_up_to(int fd, uint8_t *bytes, size_t size) {
    size_t have = 0;
    while (have < size) {
        ssize_t count = read(fd, bytes + have, size - have);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0 && have == 0) return count;
        if (count <= 0) break; // the end, or the error, will be there at the next read
        have += (size_t)count;
    }
    return (ssize_t)have;
}

static enum outcome read_for(struct output *output, struct call *call) {
    size_t room = room_for(output, call->argument);
    struct out_frame *frame = response_stream_begin(room);
    if (frame == NULL) {
        call_fail_memory(call);
        return GAVE_DATA;
    }
    ssize_t count = read_up_to(output->fd, frame->bytes + STREAM_DATA_OFFSET, room);
    if (count > 0) {
        call_reply_stream(call, frame, (size_t)count);
        return GAVE_DATA;
    }
    free(frame);
    // A terminal whose other side is closed everywhere reports an I/O error.
    return count == 0 || errno != EAGAIN || output->settled ? ENDED : NOTHING_YET;
}

// Serves those who wait, as far as there is something to read and the peer takes it.
static void serve(struct output *output) {
    struct call *call;
    while ((call = first_reader(output)) != NULL) {
        if (output->fd < 0) {
            answer_end(call);
            continue;
        }
        if (connection_is_congested(call->connection)) {
            list_remove(&output->starvation.link);
            list_append(&call->connection->starved, &output->starvation.link);
            return;
        }
        switch (read_for(output, call)) {
        case GAVE_DATA:
            if (output->writer_exited && output->fd >= 0) timer_start(&output->quiet, QUIET_MS);
            break;
        case NOTHING_YET: watch_change(&output->watch, EPOLLIN | EPOLLONESHOT); return;
        case ENDED: end(output); break;
        }
    }
}

// The next reader may have waited only for this one, or for its peer's queue to drain.
static void reader_abandoned(struct call *call) {
    struct output *output = call->owner;
    list_remove(&call->waiting);
    list_remove(&output->starvation.link);
    serve(output);
}

void output_read(struct output *output, struct call *call, uint32_t limit) {
    if (limit == 0) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "%s: len 0 (expected: at least 1)", call->method->name);
        return;
    }
    call->argument = limit;
    call_wait(call, &output->readers, output, reader_abandoned);
    if (list_first(&output->readers) == &call->waiting) serve(output);
}

void output_writer_exited(struct output *output) {
    output->writer_exited = true;
    if (output->fd >= 0) timer_start(&output->quiet, QUIET_MS);
}

void output_close(struct output *output) {
    end(output);
    struct call *call;
    while ((call = first_reader(output)) != NULL) call_fail(call, STATUS_NOT_FOUND, "%s: the process is gone", call->method->name);
}
