#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bytes_append(struct bytes *b, const void *data, size_t length) {
    if (length == 0) return;
    if (b->capacity - b->length < length) {
        size_t capacity = b->capacity ? b->capacity : 256;
        while (capacity - b->length < length) capacity *= 2;
        uint8_t *grown = realloc(b->data, capacity);
        if (!grown) {
            fprintf(stderr, "saya: out of memory (%zu bytes)\n", capacity);
            abort();
        }
        b->data = grown;
        b->capacity = capacity;
    }
    memcpy(b->data + b->length, data, length);
    b->length += length;
}

void bytes_u8(struct bytes *b, uint8_t value) {
    bytes_append(b, &value, 1);
}

void bytes_u32(struct bytes *b, uint32_t value) {
    uint8_t raw[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    bytes_append(b, raw, sizeof raw);
}

void bytes_set_u32(struct bytes *b, size_t at, uint32_t value) {
    for (int i = 0; i < 4; i++) b->data[at + (size_t)i] = (uint8_t)(value >> (24 - 8 * i));
}

void bytes_string(struct bytes *b, const void *data, size_t length) {
    bytes_u32(b, (uint32_t)length);
    bytes_append(b, data, length);
    bytes_u8(b, 0);
}

void bytes_text(struct bytes *b, const char *text) {
    bytes_string(b, text, strlen(text));
}

void bytes_consume(struct bytes *b, size_t length) {
    b->length -= length;
    if (b->length > 0)
        memmove(b->data, b->data + length, b->length);
    else if (b->capacity > 64 * 1024)
        bytes_free(b); /* a rare large frame must not stay in a process that lives as long as the pod */
}

void bytes_free(struct bytes *b) {
    free(b->data);
    *b = (struct bytes){0};
}

static uint64_t read_integer(struct reader *r, size_t size) {
    if (r->bad || r->left < size) {
        r->bad = true;
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) value = value << 8 | r->data[i];
    r->data += size;
    r->left -= size;
    return value;
}

uint8_t read_u8(struct reader *r) {
    return (uint8_t)read_integer(r, 1);
}

uint16_t read_u16(struct reader *r) {
    return (uint16_t)read_integer(r, 2);
}

uint32_t read_u32(struct reader *r) {
    return (uint32_t)read_integer(r, 4);
}

uint64_t read_u64(struct reader *r) {
    return read_integer(r, 8);
}

const char *read_string(struct reader *r) {
    size_t length = read_u32(r);
    if (r->bad || r->left == 0 || length > r->left - 1 || r->data[length] != 0 || memchr(r->data, 0, length + 1) != r->data + length) {
        r->bad = true;
        return "";
    }
    const char *text = (const char *)r->data;
    r->data += length + 1;
    r->left -= length + 1;
    return text;
}

const void *read_bytes(struct reader *r, size_t *length) {
    *length = read_u32(r);
    if (r->bad || r->left == 0 || *length > r->left - 1) {
        r->bad = true;
        *length = 0;
        return "";
    }
    const void *data = r->data;
    r->data += *length + 1;
    r->left -= *length + 1;
    return data;
}
