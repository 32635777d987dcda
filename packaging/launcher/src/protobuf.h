/* The few protobuf fields that a launcher reads and writes. Not a protobuf library: a handful of
 * top-level fields of four messages do not justify generated code in a program of 10 ms. */
#ifndef SAYA_PROTOBUF_H
#define SAYA_PROTOBUF_H

#include <stdbool.h>

#include "bytes.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct field {
    uint32_t number;
    enum wire_type type;
    uint64_t varint;
    const uint8_t *data; /* of WIRE_BYTES */
    size_t length;
};

struct message {
    const uint8_t *data;
    size_t left;
    bool bad;
};

/* The next field; false at the end or when the bytes are no message, which then says `bad`. */
bool protobuf_next(struct message *m, struct field *field);

void protobuf_put_varint(struct bytes *b, uint32_t number, uint64_t value);
void protobuf_put_bytes(struct bytes *b, uint32_t number, const void *data, size_t length);
void protobuf_put_text(struct bytes *b, uint32_t number, const char *text);

#endif
