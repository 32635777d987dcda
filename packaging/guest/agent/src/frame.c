#include "frame.h"

#include <stdlib.h>
#include <string.h>

static uint32_t read_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void write_u32(uint8_t *bytes, uint32_t value) {
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

void frame_header_read(const uint8_t *bytes, struct frame_header *header) {
    header->length = read_u32(bytes);
    header->stream = read_u32(bytes + 4);
    header->type = bytes[8];
    header->flags = bytes[9];
}

void frame_header_write(uint8_t *bytes, const struct frame_header *header) {
    write_u32(bytes, header->length);
    write_u32(bytes + 4, header->stream);
    bytes[8] = header->type;
    bytes[9] = header->flags;
}

void frame_parser_reset(struct frame_parser *parser) {
    free(parser->data);
    memset(parser, 0, sizeof *parser);
}

static bool header_is_sane(const struct frame_header *header) {
    return header->type >= FRAME_REQUEST && header->type <= FRAME_DATA && header->flags <= 7;
}

static enum frame_result begin_data(struct frame_parser *parser) {
    frame_header_read(parser->head, &parser->header);
    if (!header_is_sane(&parser->header)) return FRAME_GARBAGE;
    if (parser->header.length <= FRAME_DATA_LIMIT) {
        // One byte more, so that an empty frame has data too.
        parser->data = malloc((size_t)parser->header.length + 1);
        if (parser->data == NULL) return FRAME_GARBAGE;
    }
    parser->data_have = 0;
    return FRAME_CONTINUE;
}

static enum frame_result finish(struct frame_parser *parser, frame_handler *handler, void *context) {
    // The handler may reset the parser (a connection that ends), so the frame leaves the parser first.
    struct frame_header header = parser->header;
    uint8_t *data = parser->data;
    memset(parser, 0, sizeof *parser);
    bool more = handler(context, &header, data);
    free(data);
    return more ? FRAME_CONTINUE : FRAME_STOPPED;
}

enum frame_result frame_parser_feed(struct frame_parser *parser, const uint8_t *bytes, size_t length, frame_handler *handler,
                                    void *context) {
    for (;;) {
        if (parser->head_have < FRAME_HEADER_SIZE) {
            if (length == 0) return FRAME_CONTINUE;
            size_t take = FRAME_HEADER_SIZE - parser->head_have;
            if (take > length) take = length;
            memcpy(parser->head + parser->head_have, bytes, take);
            parser->head_have += (unsigned)take;
            bytes += take;
            length -= take;
            if (parser->head_have < FRAME_HEADER_SIZE) return FRAME_CONTINUE;
            if (begin_data(parser) == FRAME_GARBAGE) return FRAME_GARBAGE;
        }
        size_t take = parser->header.length - parser->data_have;
        if (take > length) take = length;
        if (parser->data != NULL && take > 0) memcpy(parser->data + parser->data_have, bytes, take);
        parser->data_have += (uint32_t)take;
        bytes += take;
        length -= take;
        if (parser->data_have < parser->header.length) return FRAME_CONTINUE;
        enum frame_result result = finish(parser, handler, context);
        if (result != FRAME_CONTINUE) return result;
    }
}
