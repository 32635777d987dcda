/* Frames: between guard and daemon, and of calls that the guard takes over. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../src/bytes.h"
#include "../../src/call_frames.h"
#include "../../src/channel.h"
#include "../../src/protobuf.h"
#include "unit.h"

static void frames_are_read_when_whole(void) {
    int ends[2];
    CHECK(pipe2(ends, O_NONBLOCK) == 0);
    struct channel c = {.in = ends[0], .out = -1};
    struct request r;
    uint8_t frame[] = {0, 0, 0, 10, 0, 0, 0, 7, REQUEST_FAILED, 0, 0, 0, 0, 0};
    for (size_t i = 0; i < sizeof frame; i++) {
        CHECK(channel_next(&c, &r) == RECEIPT_NONE);
        CHECK(write(ends[1], frame + i, 1) == 1);
        CHECK(channel_receive(&c));
    }
    CHECK(channel_next(&c, &r) == RECEIPT_REQUEST);
    CHECK(r.id == 7 && r.type == REQUEST_FAILED);
    CHECK_TEXT(read_string(&r.body), "");
    CHECK(!r.body.bad && r.body.left == 0);
    read_u8(&r.body);
    CHECK(r.body.bad);
    channel_done(&c, &r);
    CHECK(channel_next(&c, &r) == RECEIPT_NONE);
    CHECK(write(ends[1], "OpenJDK", 7) == 7);
    CHECK(channel_receive(&c));
    CHECK(channel_next(&c, &r) == RECEIPT_GARBAGE);
    close(ends[1]);
    CHECK(!channel_receive(&c));
    channel_close(&c);

    uint8_t nul_inside[] = {0, 0, 0, 3, 'a', 0, 'b', 0}, no_nul[] = {0, 0, 0, 2, 'a', 'b', 'c'}, too_long[] = {255, 255, 255, 255, 0};
    struct reader bad[] = {{nul_inside, 8, false}, {no_nul, 7, false}, {too_long, 5, false}, {too_long, 4, false}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_TEXT(read_string(&bad[i]), "");
        CHECK(bad[i].bad);
    }
}

/* `come` as bytes of a connection: a frame of this stream and type. */
static void call_bytes(struct bytes *b, uint32_t stream, uint8_t type, const char *service, const char *method) {
    struct bytes body = {0};
    if (service) protobuf_put_text(&body, 1, service);
    if (method) protobuf_put_text(&body, 2, method);
    bytes_u32(b, (uint32_t)body.length);
    bytes_u32(b, stream);
    bytes_u8(b, type);
    bytes_u8(b, 0);
    bytes_append(b, body.data, body.length);
    bytes_free(&body);
}

static bool only_asks(uint8_t type, const char *service, const char *method) {
    struct bytes b = {0};
    struct call_frame *frame = NULL;
    uint32_t skip;
    call_bytes(&b, 1, type, service, method);
    struct reader r = {b.data, b.length, false};
    CHECK(call_cut(&r, &frame, &skip) == CALL_CUT_FRAME && r.left == 0);
    bool asks = call_only_asks(frame);
    free(frame);
    bytes_free(&b);
    return asks;
}

static void calls_that_only_ask_are_known(void) {
    for (const char **method = (const char *[]){"Wait", "State", "Pids", "Stats", "Connect", NULL}; *method; method++) {
        CHECK(only_asks(CALL_REQUEST, "containerd.task.v2.Task", *method));
        CHECK(only_asks(CALL_REQUEST, "containerd.task.v3.Task", *method));
    }
    for (const char **method = (const char *[]){"Kill", "Create", "Exec", "Shutdown", "WaitAll", "", NULL}; *method; method++)
        CHECK(!only_asks(CALL_REQUEST, "containerd.task.v2.Task", *method));
    CHECK(!only_asks(CALL_REQUEST, "containerd.runtime.sandbox.v1.Sandbox", "Wait"));
    CHECK(!only_asks(CALL_REQUEST, NULL, "Wait"));
    CHECK(!only_asks(3, "containerd.task.v2.Task", "Wait"));
}

static void lists_of_frames_keep_their_order(void) {
    struct call_list list = {0}, more = {0};
    struct bytes b = {0};
    for (uint32_t stream = 1; stream <= 9; stream += 2) call_bytes(&b, stream, CALL_REQUEST, "s", "m");
    struct reader r = {b.data, b.length, false};
    struct call_frame *frame;
    uint32_t skip;
    while (call_cut(&r, &frame, &skip) == CALL_CUT_FRAME) call_list_add(frame->stream < 7 ? &list : &more, frame);
    CHECK(list.count == 3 && more.count == 2);
    call_list_remove(&list, 5); /* the last */
    call_list_remove(&list, 4711);
    call_list_join(&list, &more);
    call_list_remove(&list, 1); /* the first */
    const uint32_t expected[] = {3, 7, 9};
    for (size_t i = 0; i < 3; i++) {
        frame = call_list_take(&list);
        CHECK(frame && frame->stream == expected[i]);
        free(frame);
    }
    CHECK(!call_list_take(&list) && list.bytes == 0 && list.count == 0 && more.count == 0);
    bytes_free(&b);
}

void frames_tests(void) {
    frames_are_read_when_whole();
    calls_that_only_ask_are_known();
    lists_of_frames_keep_their_order();
}
