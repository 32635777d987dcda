#include "channel.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CONGESTION (256u * 1024)
#define HEADER 4

bool channel_receive(struct channel *c) {
    uint8_t buffer[16384];
    ssize_t n = read(c->in, buffer, sizeof buffer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (n <= 0) {
        close(c->in);
        c->in = -1;
        return false;
    }
    bytes_append(&c->received, buffer, (size_t)n);
    return true;
}

enum receipt channel_next(struct channel *c, struct request *request) {
    struct reader r = {c->received.data, c->received.length, false};
    uint32_t length = read_u32(&r);
    if (r.bad) return RECEIPT_NONE;
    if (length < 5 || length > REQUEST_LIMIT) return RECEIPT_GARBAGE;
    if (r.left < length) return RECEIPT_NONE;
    r.left = length;
    uint32_t id = read_u32(&r);
    enum frame_type type = (enum frame_type)read_u8(&r);
    *request = (struct request){id, type, r, HEADER + length};
    return RECEIPT_REQUEST;
}

void channel_done(struct channel *c, const struct request *request) {
    bytes_consume(&c->received, request->size);
}

size_t channel_begin(struct channel *c, enum frame_type type, uint32_t id) {
    size_t at = c->queued.length;
    bytes_u32(&c->queued, 0);
    bytes_u32(&c->queued, id);
    bytes_u8(&c->queued, (uint8_t)type);
    return at;
}

void channel_end(struct channel *c, size_t at) {
    bytes_set_u32(&c->queued, at, (uint32_t)(c->queued.length - at - HEADER));
}

void channel_reply(struct channel *c, uint32_t id, int error, const char *detail) {
    size_t at = channel_begin(c, FRAME_REPLY, id);
    bytes_u32(&c->queued, (uint32_t)error);
    if (error != 0) bytes_text(&c->queued, detail);
    channel_end(c, at);
}

void channel_flush(struct channel *c) {
    if (c->out < 0) return;
    size_t sent = 0;
    while (sent < c->queued.length) {
        ssize_t n = write(c->out, c->queued.data + sent, c->queued.length - sent);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) { /* nobody will ever read it */
            close(c->out);
            c->out = -1;
            sent = c->queued.length;
            break;
        }
        sent += (size_t)n;
    }
    if (sent > 0) bytes_consume(&c->queued, sent);
}

bool channel_congested(const struct channel *c) {
    return c->queued.length > CONGESTION;
}

void channel_close(struct channel *c) {
    if (c->in >= 0) close(c->in);
    if (c->out >= 0) close(c->out);
    c->in = c->out = -1;
    bytes_free(&c->received);
    bytes_free(&c->queued);
}
