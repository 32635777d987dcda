/* The guard's end of the guard channel: frames over two pipes. The protocol is drawn in README.md. */
#ifndef SAYA_CHANNEL_H
#define SAYA_CHANNEL_H

#include <stdbool.h>

#include "bytes.h"

#define PROTOCOL_VERSION 1
#define REQUEST_LIMIT (256u * 1024)

enum frame_type {
    REQUEST_PING = 1,
    REQUEST_READY = 2,
    REQUEST_FAILED = 3,
    REQUEST_MOUNT = 4,
    REQUEST_UNMOUNT = 5,
    REQUEST_SPAWN = 6,
    REQUEST_SIGNAL = 7,
    REQUEST_TAIL = 8,
    REQUEST_NETLINK = 9,
    REQUEST_STAND_IN = 10,
    REQUEST_HOOK = 11,
    REQUEST_MONITOR = 12,
    REQUEST_SUCCESSOR = 13,
    REQUEST_TAKE_OVER = 14,
    REQUEST_HOLD = 16,
    REQUEST_RELEASE = 17,
    FRAME_REPLY = 0x80,
    FRAME_HELLO = 0x81,
    FRAME_EXITED = 0x82,
    FRAME_SUCCESSOR_ENDED = 0x83,
};

struct channel {
    int in;  /* the daemon's stdout; -1 after its end */
    int out; /* the daemon's stdin; -1 after its end */
    struct bytes received;
    struct bytes queued;
};

struct request {
    uint32_t id;
    enum frame_type type;
    struct reader body; /* points into the channel, until channel_done */
    size_t size;
};

enum receipt { RECEIPT_NONE, RECEIPT_REQUEST, RECEIPT_GARBAGE };

/* Reads once from a readable pipe; false at the end. */
bool channel_receive(struct channel *c);

/* The next whole request. */
enum receipt channel_next(struct channel *c, struct request *request);
void channel_done(struct channel *c, const struct request *request);

/* A frame is begun, its body appended to c->queued, then ended. */
size_t channel_begin(struct channel *c, enum frame_type type, uint32_t id);
void channel_end(struct channel *c, size_t at);

/* A whole reply: error 0 with an empty body, or an errno and what was attempted. */
void channel_reply(struct channel *c, uint32_t id, int error, const char *detail);

/* Writes what the pipe takes now. */
void channel_flush(struct channel *c);

/* True while so much is unsent that no further request should be read. */
bool channel_congested(const struct channel *c);

void channel_close(struct channel *c);

#endif
