#include "envelope.h"

#include <stdlib.h>
#include <string.h>

#include "frame.h"

enum { VARINT_MAX = 10, STATUS_TEXT_LIMIT = 4096 };

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

// ---- reading

static bool read_varint(struct slice *in, uint64_t *value) {
    *value = 0;
    for (unsigned i = 0; i < VARINT_MAX && i < in->length; i++) {
        *value |= (uint64_t)(in->bytes[i] & 0x7f) << (7 * i);
        if (in->bytes[i] < 0x80) {
            in->bytes += i + 1;
            in->length -= i + 1;
            return true;
        }
    }
    return false;
}

static bool read_bytes(struct slice *in, size_t length, struct slice *out) {
    if (length > in->length) return false;
    *out = (struct slice){in->bytes, length};
    in->bytes += length;
    in->length -= length;
    return true;
}

// Reads the value behind a tag; `number` or `bytes` is set according to the wire type.
static bool read_value(struct slice *in, enum wire_type type, uint64_t *number, struct slice *bytes) {
    switch (type) {
    case WIRE_VARINT: return read_varint(in, number);
    case WIRE_FIXED64: return read_bytes(in, 8, bytes);
    case WIRE_FIXED32: return read_bytes(in, 4, bytes);
    case WIRE_BYTES: return read_varint(in, number) && *number <= in->length && read_bytes(in, (size_t)*number, bytes);
    }
    return false;
}

bool request_envelope_read(const uint8_t *bytes, size_t length, struct request_envelope *envelope) {
    memset(envelope, 0, sizeof *envelope);
    struct slice in = {bytes, length};
    while (in.length > 0) {
        uint64_t tag, number = 0;
        struct slice value = {NULL, 0};
        if (!read_varint(&in, &tag) || !read_value(&in, (enum wire_type)(tag & 7), &number, &value)) return false;
        switch (tag) {
        case 1 << 3 | WIRE_BYTES: envelope->service = value; break;
        case 2 << 3 | WIRE_BYTES: envelope->method = value; break;
        case 3 << 3 | WIRE_BYTES: envelope->payload = value; break;
        case 4 << 3 | WIRE_VARINT: envelope->timeout_nano = (int64_t)number; break;
        default: break; // metadata, and fields of later versions
        }
    }
    return true;
}

// ---- writing

static size_t varint_size(uint64_t value) {
    size_t size = 1;
    for (; value >= 0x80; value >>= 7) size++;
    return size;
}

static uint8_t *write_varint(uint8_t *out, uint64_t value) {
    for (; value >= 0x80; value >>= 7) *out++ = (uint8_t)(value | 0x80);
    *out++ = (uint8_t)value;
    return out;
}

static uint8_t *write_tag(uint8_t *out, unsigned field, uint64_t length) {
    *out++ = (uint8_t)(field << 3 | WIRE_BYTES);
    return write_varint(out, length);
}

static struct out_frame *frame_new(size_t size) {
    struct out_frame *frame = malloc(sizeof *frame + size);
    if (frame == NULL) return NULL;
    list_init(&frame->link);
    list_init(&frame->kept);
    frame->begin = 0;
    frame->end = size;
    frame->holders = 1;
    return frame;
}

void out_frame_release(struct out_frame *frame) {
    if (frame != NULL && --frame->holders == 0) free(frame);
}

static void write_header(uint8_t *out, uint32_t stream, size_t length) {
    frame_header_write(out, &(struct frame_header){(uint32_t)length, stream, FRAME_RESPONSE, 0});
}

// An explicit OK (field 1, empty Status) is what existing clients of this interface are used to.
enum { OK_SIZE = 2 };

struct out_frame *response_ok(uint32_t stream, const ProtobufCMessage *message) {
    size_t payload = protobuf_c_message_get_packed_size(message);
    size_t length = OK_SIZE + (payload > 0 ? 1 + varint_size(payload) + payload : 0);
    if (length > FRAME_DATA_LIMIT) return NULL;
    struct out_frame *frame = frame_new(FRAME_HEADER_SIZE + length);
    if (frame == NULL) return NULL;
    write_header(frame->bytes, stream, length);
    uint8_t *out = write_tag(frame->bytes + FRAME_HEADER_SIZE, 1, 0);
    if (payload > 0) protobuf_c_message_pack(message, write_tag(out, 2, payload));
    return frame;
}

struct out_frame *response_error(uint32_t stream, enum status_code code, const char *text) {
    size_t text_length = strnlen(text, STATUS_TEXT_LIMIT);
    // A cut must not leave half a character: the text has to be valid UTF-8.
    if (text[text_length] != 0)
        while (text_length > 0 && ((unsigned char)text[text_length] & 0xc0) == 0x80) text_length--;
    size_t status = 2 + 1 + varint_size(text_length) + text_length;
    size_t length = 1 + varint_size(status) + status;
    struct out_frame *frame = frame_new(FRAME_HEADER_SIZE + length);
    if (frame == NULL) return NULL;
    write_header(frame->bytes, stream, length);
    uint8_t *out = write_tag(frame->bytes + FRAME_HEADER_SIZE, 1, status);
    *out++ = 1 << 3 | WIRE_VARINT;
    *out++ = (uint8_t)code;
    out = write_tag(out, 2, text_length);
    memcpy(out, text, text_length);
    return frame;
}

struct out_frame *response_stream_begin(size_t capacity) {
    return frame_new(STREAM_DATA_OFFSET + capacity);
}

struct out_frame *response_stream_fit(struct out_frame *frame, size_t length) {
    struct out_frame *less = realloc(frame, sizeof *frame + STREAM_DATA_OFFSET + length);
    if (less == NULL) return frame;
    list_init(&less->link);
    list_init(&less->kept);
    return less;
}

void response_stream_finish(struct out_frame *frame, uint32_t stream, size_t length) {
    // ReadStreamResponse is one field; an empty one is an empty message.
    size_t inner = length > 0 ? 1 + varint_size(length) + length : 0;
    size_t outer = OK_SIZE + (inner > 0 ? 1 + varint_size(inner) + inner : 0);
    frame->begin = STREAM_DATA_OFFSET - (FRAME_HEADER_SIZE + outer - length);
    frame->end = STREAM_DATA_OFFSET + length;
    write_header(frame->bytes + frame->begin, stream, outer);
    uint8_t *out = write_tag(frame->bytes + frame->begin + FRAME_HEADER_SIZE, 1, 0);
    if (length > 0) write_tag(write_tag(out, 2, inner), 1, length);
}
