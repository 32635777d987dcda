/* Growable bytes, and reading and writing of the guard channel's integers and strings. */
#ifndef SAYA_BYTES_H
#define SAYA_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;
    size_t length;
    size_t capacity;
};

/* Appending ends the process when there is no memory: every user bounds what it keeps. */
void bytes_append(struct bytes *b, const void *data, size_t length);
void bytes_u8(struct bytes *b, uint8_t value);
void bytes_u32(struct bytes *b, uint32_t value);
/* u32 length, the bytes, one NUL that the length does not count. */
void bytes_string(struct bytes *b, const void *data, size_t length);
void bytes_text(struct bytes *b, const char *text);
void bytes_set_u32(struct bytes *b, size_t at, uint32_t value);
/* Drops the first bytes. */
void bytes_consume(struct bytes *b, size_t length);
void bytes_free(struct bytes *b);

/* Reads big-endian values; after the first that does not fit, `bad` is set and all answers are empty. */
struct reader {
    const uint8_t *data;
    size_t left;
    bool bad;
};

uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
/* A string without NUL inside, usable in place; never NULL. */
const char *read_string(struct reader *r);
/* As above, of bytes that may be anything. */
const void *read_bytes(struct reader *r, size_t *length);

#endif
