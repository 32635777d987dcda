#include "resync.h"

#include <stdlib.h>
#include <string.h>

static bool is_chain(const uint8_t *bytes, size_t length) {
    uint32_t last = 0;
    while (length >= FRAME_HEADER_SIZE) {
        struct frame_header header;
        frame_header_read(bytes, &header);
        bool first = last == 0;
        if (header.type != FRAME_REQUEST || header.flags != 0 || header.stream % 2 == 0 || header.stream <= last ||
            (first && header.stream != 1) || header.length > length - FRAME_HEADER_SIZE)
            return false;
        last = header.stream;
        bytes += FRAME_HEADER_SIZE + header.length;
        length -= FRAME_HEADER_SIZE + header.length;
    }
    return length == 0 && last != 0;
}

bool resync_find(const uint8_t *bytes, size_t length, size_t *offset) {
    for (size_t at = 1; at + FRAME_HEADER_SIZE <= length; at++)
        if (is_chain(bytes + at, length - at)) {
            *offset = at;
            return true;
        }
    return false;
}

uint8_t *resync_bytes(const struct frame_parser *parser, size_t *length) {
    bool skipping = parser->head_have == FRAME_HEADER_SIZE && parser->data == NULL;
    if (parser->head_have == 0 || skipping) return NULL;
    size_t data = parser->head_have == FRAME_HEADER_SIZE ? parser->data_have : 0;
    uint8_t *bytes = malloc(parser->head_have + data);
    if (bytes == NULL) return NULL;
    memcpy(bytes, parser->head, parser->head_have);
    if (data > 0) memcpy(bytes + parser->head_have, parser->data, data);
    *length = parser->head_have + data;
    return bytes;
}
