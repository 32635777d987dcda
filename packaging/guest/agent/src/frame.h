// ttrpc framing: a header of ten bytes, big endian, then the data.
//
//      0       4        8     9      10
//      +-------+--------+-----+-------+----------------
//      | length| stream | type| flags | data (length)
//      +-------+--------+-----+-------+----------------
//
// The parser is fed bytes as they come and calls back with whole frames. A frame above the limit is skipped, not stored.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_HEADER_SIZE = 10, FRAME_DATA_LIMIT = 4 * 1024 * 1024 };

enum frame_type { FRAME_REQUEST = 1, FRAME_RESPONSE = 2, FRAME_DATA = 3 };

struct frame_header {
    uint32_t length, stream;
    uint8_t type, flags;
};

struct frame_parser {
    uint8_t head[FRAME_HEADER_SIZE];
    unsigned head_have;
    struct frame_header header;
    uint8_t *data; // NULL while a frame is skipped
    uint32_t data_have;
};

// Called for each frame; data is NULL if it was above the limit. Data is valid during the call. False stops the feeding.
typedef bool frame_handler(void *context, const struct frame_header *header, const uint8_t *data);

enum frame_result { FRAME_CONTINUE, FRAME_STOPPED, FRAME_GARBAGE };

void frame_header_read(const uint8_t *bytes, struct frame_header *header);
void frame_header_write(uint8_t *bytes, const struct frame_header *header);

// Takes all of the bytes. FRAME_GARBAGE: this cannot be ttrpc, or memory ran out; the peer's state is unknown from here on.
enum frame_result frame_parser_feed(struct frame_parser *parser, const uint8_t *bytes, size_t length, frame_handler *handler,
                                    void *context);

// Forgets a frame begun. A zeroed parser is a fresh one.
void frame_parser_reset(struct frame_parser *parser);
