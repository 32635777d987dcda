#include "output.h"

#include <errno.h>
#include <inttypes.h>
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
    // What may be kept of one stream, and in how many frames; who reads by position has at most what it asked for last, and what it writes
    // meanwhile.
    KEPT_LIMIT = 4 * 1024 * 1024,
    KEPT_FRAMES_LIMIT = 4096,
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
    list_init(&output->kept);
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

// ---- what may be asked for again

static uint64_t kept_from(const struct output *output) {
    return output->taken - output->kept_length;
}

static size_t data_of(const struct out_frame *frame) {
    return frame->end - STREAM_DATA_OFFSET;
}

static void let_go(struct output *output, uint64_t done) {
    if (done <= kept_from(output)) return;
    size_t count = (size_t)(done - kept_from(output));
    output->kept_length -= count;
    output->kept_skip += count;
    struct list *first;
    while ((first = list_first(&output->kept)) != NULL) {
        struct out_frame *frame = container_of(first, struct out_frame, kept);
        if (output->kept_skip < data_of(frame)) return;
        output->kept_skip -= data_of(frame);
        output->kept_frames--;
        list_remove(first);
        out_frame_release(frame);
    }
}

static void keep(struct output *output, struct out_frame *frame, size_t count) {
    frame->holders++;
    list_append(&output->kept, &frame->kept);
    output->kept_frames++;
    output->kept_length += count;
}

// What is kept, from so many bytes behind its beginning.
static void copy_kept(struct output *output, size_t at, uint8_t *out, size_t length) {
    size_t skip = output->kept_skip + at;
    list_each(node, &output->kept) {
        const struct out_frame *frame = container_of(node, struct out_frame, kept);
        size_t here = data_of(frame);
        if (skip >= here) {
            skip -= here;
            continue;
        }
        size_t take = here - skip < length ? here - skip : length;
        memcpy(out, frame->bytes + STREAM_DATA_OFFSET + skip, take);
        out += take;
        length -= take;
        skip = 0;
        if (length == 0) return;
    }
}

static void give_again(struct output *output, struct call *call) {
    if (call->position - 1 < kept_from(output)) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "%s: position %" PRIu64 " is gone (expected: at least %" PRIu64 ")", call->method->name,
                  call->position, kept_from(output) + 1);
        return;
    }
    size_t at = (size_t)(call->position - 1 - kept_from(output));
    size_t length = output->kept_length - at;
    if (length > call->argument) length = (size_t)call->argument;
    if (length > READ_LIMIT) length = READ_LIMIT;
    struct out_frame *frame = response_stream_begin(length);
    if (frame == NULL) {
        call_fail_memory(call);
        return;
    }
    copy_kept(output, at, frame->bytes + STREAM_DATA_OFFSET, length);
    call_reply_stream(call, frame, length);
}

// ---- reading

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
    bool keeps = call->position > 0;
    size_t room = room_for(output, call->argument);
    if (keeps && room > KEPT_LIMIT - output->kept_length) room = KEPT_LIMIT - output->kept_length;
    if (room == 0 || (keeps && output->kept_frames >= KEPT_FRAMES_LIMIT)) {
        call_fail(call, STATUS_RESOURCE_EXHAUSTED, "%s: %d bytes are kept (expected: that the first of them are done with)",
                  call->method->name, KEPT_LIMIT);
        return GAVE_DATA;
    }
    struct out_frame *frame = response_stream_begin(room);
    if (frame == NULL) {
        call_fail_memory(call);
        return GAVE_DATA;
    }
    ssize_t count = read_up_to(output->fd, frame->bytes + STREAM_DATA_OFFSET, room);
    if (count > 0) {
        output->taken += (uint64_t)count;
        if (keeps) {
            // An idle stream holds no more than it keeps.
            if ((size_t)count < room / 2) frame = response_stream_fit(frame, (size_t)count);
            keep(output, frame, (size_t)count);
        }
        call_reply_stream(call, frame, (size_t)count);
        return GAVE_DATA;
    }
    out_frame_release(frame);
    // A terminal whose other side is closed everywhere reports an I/O error.
    return count == 0 || errno != EAGAIN || output->settled ? ENDED : NOTHING_YET;
}

// Serves those who wait, as far as there is something to read and the peer takes it.
static void serve(struct output *output) {
    struct call *call;
    while ((call = first_reader(output)) != NULL) {
        bool again = call->position > 0 && call->position - 1 < output->taken;
        if (output->fd < 0 && !again) {
            answer_end(call);
            continue;
        }
        if (connection_is_congested(call->connection)) {
            list_remove(&output->starvation.link);
            list_append(&call->connection->starved, &output->starvation.link);
            return;
        }
        if (again) {
            give_again(output, call);
            continue;
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

void output_read(struct output *output, struct call *call, uint32_t limit, uint64_t position, uint64_t done) {
    if (limit == 0) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "%s: len 0 (expected: at least 1)", call->method->name);
        return;
    }
    if (position > 0 ? done >= position || position - 1 > output->taken : done > 0) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "%s: position %" PRIu64 ", done %" PRIu64 " (expected: at most %" PRIu64 ", less done)",
                  call->method->name, position, done, output->taken + 1);
        return;
    }
    let_go(output, position > 0 ? done : output->taken);
    call->argument = limit;
    call->position = position;
    call_wait(call, &output->readers, output, reader_abandoned);
    if (list_first(&output->readers) == &call->waiting) serve(output);
}

void output_writer_exited(struct output *output) {
    output->writer_exited = true;
    if (output->fd >= 0) timer_start(&output->quiet, QUIET_MS);
}

void output_close(struct output *output) {
    end(output);
    let_go(output, output->taken);
    struct call *call;
    while ((call = first_reader(output)) != NULL) call_fail(call, STATUS_NOT_FOUND, "%s: the process is gone", call->method->name);
}
