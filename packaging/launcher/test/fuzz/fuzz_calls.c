/* What callers send, and a daemon that a guest has taken over, in pieces: the first byte says how large a piece is. */
#include <stdlib.h>
#include <string.h>

#include "../../src/call_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    struct bytes come = {0}, answers = {0};
    struct call_list list = {0};
    size_t piece = data[0] + 1u, whole = 0;
    uint64_t skipped = 0;
    bool over = false;
    for (size_t at = 1; at < size && !over; at += piece) {
        bytes_append(&come, data + at, size - at < piece ? size - at : piece);
        struct reader r = {come.data, come.length, false};
        struct call_frame *frame;
        uint32_t skip;
        enum call_cut cut;
        while ((cut = call_cut(&r, &frame, &skip)) == CALL_CUT_FRAME) {
            if (frame->length < CALL_HEADER || frame->length > CALL_HEADER + CALL_PAYLOAD_LIMIT) abort();
            whole += frame->length;
            call_only_asks(frame);
            call_list_add(&list, frame);
            if (frame->type == CALL_RESPONSE) call_list_remove(&list, frame->stream);
        }
        bytes_consume(&come, come.length - r.left);
        over = cut == CALL_CUT_TOO_LONG;
        if (!over) continue;
        call_refuse(&answers, frame->stream);
        skipped = skip;
        free(frame);
    }
    if (whole > size || (over && skipped <= CALL_PAYLOAD_LIMIT)) abort();
    struct call_list all = {0};
    size_t count = list.count, bytes = list.bytes;
    call_list_join(&all, &list);
    if (list.count != 0 || all.count != count || all.bytes != bytes) abort();
    call_list_free(&all);
    if (all.count != 0 || all.bytes != 0) abort();
    bytes_free(&come);
    bytes_free(&answers);
    return 0;
}
