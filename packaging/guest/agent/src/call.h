// One request in flight: from its frame to its reply.
//
// A handler answers with exactly one of call_reply, call_reply_stream and call_fail, at once or later; that frees the call.
// When the peer goes or the deadline strikes first, there is nobody to answer any more:
//   - a call that only waits for something (call_wait) is handed back to its owner's `abandoned`, which forgets it, and freed;
//   - any other call stays valid until its handler answers, and the answer goes nowhere. call_is_gone tells.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "envelope.h"
#include "list.h"
#include "loop.h"

struct connection;
struct call;

struct method {
    const char *service, *name;
    const ProtobufCMessageDescriptor *request;
    void (*handle)(struct call *call, const void *request);
};

struct call {
    struct connection *connection; // NULL once there is nobody to answer
    struct list link;              // in the connection
    struct list waiting;           // in a list of the owner, while call_wait is in force
    uint32_t stream;
    const struct method *method;
    struct arena arena; // holds the request
    size_t charged;     // what of it counts against CALLS_MEMORY_LIMIT
    struct timer deadline;
    void (*abandoned)(struct call *call);
    void *owner;
    uint64_t argument; // for the owner, such as the length of a read
    uint64_t position; // likewise, where it begins
};

// Memory all requests in flight may take together, their decoded messages included. WriteStdin of a process that does not
// read is what it is for: further ones are refused, while calls that carry little still pass.
enum { CALLS_MEMORY_LIMIT = 24 * 1024 * 1024, CALLS_PER_CONNECTION = 1024 };

// Decodes a request frame and runs its handler. Failures are answered on the spot.
void call_dispatch(struct connection *connection, uint32_t stream, const uint8_t *data, size_t length);

void call_reply(struct call *call, const ProtobufCMessage *message);
void call_reply_empty(struct call *call);
// Takes a frame of response_stream_begin that holds `length` bytes.
void call_reply_stream(struct call *call, struct out_frame *frame, size_t length);
void call_fail(struct call *call, enum status_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
void call_fail_memory(struct call *call);

// Puts the call into the owner's list; `abandoned` must take it out of whatever else refers to it.
void call_wait(struct call *call, struct list *owners_list, void *owner, void (*abandoned)(struct call *call));

// Milliseconds that work for the caller may take: what is left of the time that it gave, less three seconds in which the work ends by
// SIGKILL, or is given up, and the answer is on its way (half of it where there is less than twice as much); CALL_LIMIT_MS where it gave
// none.
enum { CALL_LIMIT_MS = 60000 };
unsigned call_time_left_ms(const struct call *call);

static inline bool call_is_gone(const struct call *call) {
    return call->connection == NULL;
}

// The connection went: calls that wait are freed, others become gone.
void call_lost(struct call *call);
