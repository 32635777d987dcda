// A peer: reads frames from a descriptor, starts calls, queues replies.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "envelope.h"
#include "frame.h"
#include "list.h"
#include "loop.h"

// A stream reply is not begun while this much is queued for the peer; the reader is served when the queue has drained.
enum { CONNECTION_QUEUE_HIGH = 2 * 1024 * 1024 };

struct connection {
    struct watch watch;
    struct frame_parser parser;
    uint32_t last_stream;
    struct timer stall; // with peers_change: since when a frame begun has not got on
    unsigned stalls;
    struct timer unannounced; // with peers_change: since when a peer is only known by its first bytes
    struct list queue;        // of out_frame
    size_t queued;
    bool broken;       // to be ended once the stack has unwound
    unsigned peers;    // how many have gone, or were given up
    bool resetting;    // its calls are being given up
    bool peers_change; // one descriptor, one peer after the other: a serial port
    struct list calls;
    unsigned call_count;
    struct list starved; // stream readers to serve when the queue has drained
    // The peer is gone: calls and queue are cleared. A socket frees the connection here, a serial port waits for the next peer.
    void (*ended)(struct connection *connection);
    // Runs when everything queued has been written, if set.
    void (*flushed)(struct connection *connection);
};

// Something that cannot go on while the peer's queue is long.
struct starvation {
    struct list link;
    void (*fed)(struct starvation *starvation);
};

// Takes over a non-blocking descriptor. False if it cannot be watched; then it stays the caller's.
bool connection_open(struct connection *connection, int fd, void (*ended)(struct connection *connection));

// Queues a frame and writes what can be written. NULL (no memory for the reply) breaks the connection: the peer must not wait
// for an answer that will never come.
void connection_send(struct connection *connection, struct out_frame *frame);

// True also while the peer is going: what is read for it then would be lost.
static inline bool connection_is_congested(const struct connection *connection) {
    return connection->queued >= CONNECTION_QUEUE_HIGH || connection->broken || connection->resetting;
}

// Forgets everything about the peer: a frame begun, the calls, the queue.
void connection_reset(struct connection *connection);

// Resets, stops watching and closes the descriptor.
void connection_close(struct connection *connection);
