#include "protobuf.h"

#include <string.h>

static uint64_t varint(struct message *m) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (m->left == 0) break;
        uint8_t byte = *m->data++;
        m->left--;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return value;
    }
    m->bad = true;
    return 0;
}

bool protobuf_next(struct message *m, struct field *field) {
    if (m->bad || m->left == 0) return false;
    uint64_t tag = varint(m);
    *field = (struct field){.number = (uint32_t)(tag >> 3), .type = (enum wire_type)(tag & 7)};
    if (m->bad || tag >> 3 == 0 || tag >> 3 > 0x1fffffff) {
        m->bad = true;
        return false;
    }
    switch (field->type) {
    case WIRE_VARINT: field->varint = varint(m); return !m->bad;
    case WIRE_BYTES: field->length = varint(m); break;
    case WIRE_FIXED64: field->length = 8; break;
    case WIRE_FIXED32: field->length = 4; break;
    default: m->bad = true; return false;
    }
    if (m->bad || field->length > m->left) {
        m->bad = true;
        return false;
    }
    field->data = m->data;
    m->data += field->length;
    m->left -= field->length;
    return true;
}

static void put_raw_varint(struct bytes *b, uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_u8(b, (uint8_t)(value | 0x80));
    bytes_u8(b, (uint8_t)value);
}

void protobuf_put_varint(struct bytes *b, uint32_t number, uint64_t value) {
    if (value == 0) return; /* proto3: the default value is absent */
    put_raw_varint(b, (uint64_t)number << 3 | WIRE_VARINT);
    put_raw_varint(b, value);
}

void protobuf_put_bytes(struct bytes *b, uint32_t number, const void *data, size_t length) {
    put_raw_varint(b, (uint64_t)number << 3 | WIRE_BYTES);
    put_raw_varint(b, length);
    bytes_append(b, data, length);
}

void protobuf_put_text(struct bytes *b, uint32_t number, const char *text) {
    protobuf_put_bytes(b, number, text, strlen(text));
}
