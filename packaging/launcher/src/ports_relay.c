#define _GNU_SOURCE
#include "ports.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (64u * 1024)

struct direction {
    int from;
    int to;
    bool read_end; /* nothing more comes */
    bool done;     /* and all of it has been passed on */
    size_t begin;
    size_t end;
    uint8_t *buffer;
};

/* False when the connection is broken. */
static bool move(struct direction *d) {
    if (!d->read_end && d->begin == d->end) {
        ssize_t n = recv(d->from, d->buffer, BUFFER, MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR) return false;
        d->read_end = n == 0;
        d->begin = 0;
        d->end = n > 0 ? (size_t)n : 0;
    }
    if (d->begin < d->end) {
        ssize_t n = send(d->to, d->buffer + d->begin, d->end - d->begin, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR) return false;
        d->begin += n > 0 ? (size_t)n : 0;
    }
    if (d->read_end && d->begin == d->end && !d->done) {
        d->done = true;
        shutdown(d->to, SHUT_WR);
    }
    return true;
}

/* What this end has to wait for. A peer that is gone for good shows as an error or a hang-up, which poll reports anyway. */
static short events_of(const struct direction *reads, const struct direction *writes) {
    return (short)((!reads->read_end && reads->begin == reads->end ? POLLIN : 0) | (writes->begin < writes->end ? POLLOUT : 0));
}

void ports_relay(int one, int other) {
    static uint8_t buffers[2][BUFFER];
    struct direction there = {.from = one, .to = other, .buffer = buffers[0]};
    struct direction back = {.from = other, .to = one, .buffer = buffers[1]};
    while (!there.done || !back.done) {
        struct pollfd fds[2] = {{.fd = one, .events = events_of(&there, &back)}, {.fd = other, .events = events_of(&back, &there)}};
        /* An end that waits for nothing would report its hang-up without end. */
        for (int i = 0; i < 2; i++)
            if (fds[i].events == 0) fds[i].fd = -1;
        if (poll(fds, 2, -1) < 0 && errno != EINTR) return;
        if (!move(&there) || !move(&back)) return;
    }
}
