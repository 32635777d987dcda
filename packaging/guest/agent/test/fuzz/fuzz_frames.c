// Bytes of a peer in pieces: the first byte says how large a piece is. Frames found are taken apart as requests, and what is
// left over is searched for a new peer.
#include <stdlib.h>

#include "envelope.h"
#include "frame.h"
#include "resync.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take(void *context, const struct frame_header *header, const uint8_t *data) {
    (void)context;
    struct request_envelope envelope;
    if (data != NULL) request_envelope_read(data, header->length, &envelope);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    struct frame_parser parser = {0};
    size_t piece = data[0] + 1u, at = 1;
    enum frame_result result = FRAME_CONTINUE;
    for (; at < size && result == FRAME_CONTINUE; at += piece)
        result = frame_parser_feed(&parser, data + at, size - at < piece ? size - at : piece, take, NULL);
    if (result == FRAME_CONTINUE) {
        size_t length, offset;
        uint8_t *bytes = resync_bytes(&parser, &length);
        if (bytes != NULL && resync_find(bytes, length, &offset) && offset >= length) abort();
        free(bytes);
    }
    frame_parser_reset(&parser);
    return 0;
}
