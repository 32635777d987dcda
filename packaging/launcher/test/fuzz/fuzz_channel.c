/* Frames of a daemon that a guest has taken over, in pieces: the first byte says how large a piece is. What the body of a request can hold
 * is read from it in turns, as guard_requests.c does. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_apart(struct reader body) {
    for (unsigned turn = 0; body.left > 0 && !body.bad; turn++) {
        size_t length = 0;
        switch (turn % 5) {
        case 0: read_u32(&body); break;
        case 1:
            if (strlen(read_string(&body)) > REQUEST_LIMIT) abort();
            break;
        case 2:
            if (read_bytes(&body, &length) == NULL && length > 0) abort();
            break;
        case 3: read_u16(&body); break;
        default: read_u8(&body); break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    struct channel channel = {.in = -1, .out = -1};
    size_t piece = data[0] + 1u;
    bool garbage = false;
    for (size_t at = 1; at < size && !garbage; at += piece) {
        bytes_append(&channel.received, data + at, size - at < piece ? size - at : piece);
        struct request request;
        enum receipt receipt;
        while ((receipt = channel_next(&channel, &request)) == RECEIPT_REQUEST) {
            if (request.size > REQUEST_LIMIT + 64) abort();
            take_apart(request.body);
            channel_reply(&channel, request.id, 1, "x");
            bytes_consume(&channel.queued, channel.queued.length);
            channel_done(&channel, &request);
        }
        garbage = receipt == RECEIPT_GARBAGE;
    }
    bytes_free(&channel.received);
    bytes_free(&channel.queued);
    return 0;
}
