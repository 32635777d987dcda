// What a ttrpc frame carries: the Request and Response messages around the messages of the service.
//
// Written by hand rather than generated: the payload of a request is used where it lies in the frame, and a response is
// put together in front of bytes that were read straight into their place.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list.h"

// gRPC status numbers.
enum status_code {
    STATUS_OK = 0,
    STATUS_INVALID_ARGUMENT = 3,
    STATUS_DEADLINE_EXCEEDED = 4,
    STATUS_NOT_FOUND = 5,
    STATUS_ALREADY_EXISTS = 6,
    STATUS_PERMISSION_DENIED = 7,
    STATUS_RESOURCE_EXHAUSTED = 8,
    STATUS_FAILED_PRECONDITION = 9,
    STATUS_UNIMPLEMENTED = 12,
    STATUS_INTERNAL = 13,
    STATUS_UNAVAILABLE = 14,
};

struct slice {
    const uint8_t *bytes;
    size_t length;
};

struct request_envelope {
    struct slice service, method, payload;
    int64_t timeout_nano; // 0: none
};

// Decodes a Request; the slices point into the frame. False if it is no valid protobuf.
bool request_envelope_read(const uint8_t *bytes, size_t length, struct request_envelope *envelope);

// A response frame in the queue of a connection: the bytes from `begin` to `end` are still to be sent. Output that may be asked for again
// is kept in the frame that it was sent in, which costs no copy: then there is one more holder.
struct out_frame {
    struct list link, kept;
    size_t begin, end;
    unsigned holders;
    uint8_t bytes[];
};

// One holder less; NULL does nothing.
void out_frame_release(struct out_frame *frame);

// Status OK with the message as payload. NULL if memory runs out or the message is above the frame limit.
struct out_frame *response_ok(uint32_t stream, const ProtobufCMessage *message);

// Any other status; text above 4 KiB is cut.
struct out_frame *response_error(uint32_t stream, enum status_code code, const char *text);

// A frame with room for `capacity` bytes of a ReadStreamResponse: the caller fills frame->bytes + STREAM_DATA_OFFSET and then
// calls response_stream_finish with how many bytes it put there.
enum { STREAM_DATA_OFFSET = 32 };
struct out_frame *response_stream_begin(size_t capacity);
// Gives back what `length` bytes do not need; the frame is nobody's yet, and may be another one afterwards.
struct out_frame *response_stream_fit(struct out_frame *frame, size_t length);
void response_stream_finish(struct out_frame *frame, uint32_t stream, size_t length);
