#include <stdlib.h>
#include <string.h>

#include "agent/health.pb-c.h"
#include "arena.h"
#include "envelope.h"
#include "frame.h"
#include "unit.h"

static bool is(struct slice slice, const char *text) {
    return slice.length == strlen(text) && memcmp(slice.bytes, text, slice.length) == 0;
}

TEST(a_request_is_taken_apart) {
    // service "s", method "mm", metadata to be passed over, payload "p", timeout 300
    static const uint8_t bytes[] = "\x0a\x01s\x12\x02mm\x2a\x03\x0a\x01k\x1a\x01p\x20\xac\x02";
    struct request_envelope envelope;
    CHECK(request_envelope_read(bytes, sizeof bytes - 1, &envelope));
    CHECK(is(envelope.service, "s") && is(envelope.method, "mm") && is(envelope.payload, "p"));
    CHECK(envelope.timeout_nano == 300);
}

TEST(an_empty_request_is_one_without_names) {
    struct request_envelope envelope;
    CHECK(request_envelope_read((const uint8_t *)"", 0, &envelope));
    CHECK(envelope.service.length == 0 && envelope.timeout_nano == 0);
}

TEST(a_cut_or_broken_request_is_refused) {
    static const uint8_t whole[] = "\x0a\x01s\x12\x02mm\x1a\x01p\x20\xac\x02";
    static const size_t ends[] = {0, 3, 7, 10}; // where a field is over
    struct request_envelope envelope;
    for (size_t length = 0; length < sizeof whole - 1; length++) {
        bool complete = false;
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) complete = complete || ends[i] == length;
        CHECK(request_envelope_read(whole, length, &envelope) == complete);
    }
    CHECK(!request_envelope_read((const uint8_t *)"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, &envelope));
    CHECK(!request_envelope_read((const uint8_t *)"\x0b", 1, &envelope)); // a group
}

TEST(an_answer_is_a_frame_with_ok_and_payload) {
    Grpc__HealthCheckResponse response = GRPC__HEALTH_CHECK_RESPONSE__INIT;
    response.status = GRPC__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    struct out_frame *frame = response_ok(5, &response.base);
    static const char expected[] = "\0\0\0\x06\0\0\0\x05\x02\0\x0a\0\x12\x02\x08\x01";
    CHECK(frame->end - frame->begin == sizeof expected - 1 && memcmp(frame->bytes + frame->begin, expected, sizeof expected - 1) == 0);
    free(frame);
}

TEST(an_error_is_a_frame_with_code_and_text) {
    struct out_frame *frame = response_error(7, STATUS_NOT_FOUND, "no");
    static const char expected[] = "\0\0\0\x08\0\0\0\x07\x02\0\x0a\x06\x08\x05\x12\x02no";
    CHECK(frame->end - frame->begin == sizeof expected - 1 && memcmp(frame->bytes, expected, sizeof expected - 1) == 0);
    free(frame);
}

TEST(a_long_error_is_cut_between_characters) {
    char text[6000];
    text[0] = 'x';
    for (size_t i = 1; i + 2 < sizeof text; i += 2) memcpy(text + i, "\xc3\xa4", 2);
    text[sizeof text - 1] = 0;
    struct out_frame *frame = response_error(1, STATUS_INTERNAL, text);
    CHECK(frame->end < 4200);
    CHECK(frame->bytes[frame->end - 1] == 0xa4); // the second half of a character, not the first
    free(frame);
}

TEST(stream_data_is_framed_where_it_lies) {
    static const size_t lengths[] = {0, 1, 127, 128, 16383, 16384, 2097152, 4194240};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t length = lengths[i];
        struct out_frame *frame = response_stream_begin(length);
        memset(frame->bytes + STREAM_DATA_OFFSET, 'd', length);
        response_stream_finish(frame, 3, length);
        struct frame_header header;
        frame_header_read(frame->bytes + frame->begin, &header);
        CHECK(header.length == frame->end - frame->begin - FRAME_HEADER_SIZE);
        CHECK(header.length <= FRAME_DATA_LIMIT && header.stream == 3 && header.type == FRAME_RESPONSE);
        // A Response has its payload where a Request has its method, and ReadStreamResponse its data where that has its service.
        struct request_envelope outer, inner = {0};
        CHECK(request_envelope_read(frame->bytes + frame->begin + FRAME_HEADER_SIZE, header.length, &outer));
        CHECK(outer.service.length == 0);
        if (length > 0) CHECK(request_envelope_read(outer.method.bytes, outer.method.length, &inner));
        CHECK(inner.service.length == length);
        free(frame);
    }
}

TEST(an_arena_gives_zeroed_memory_up_to_its_limit) {
    struct arena arena;
    arena_init(&arena, 64 * 1024);
    size_t given = 0;
    for (unsigned char *piece; (piece = arena_alloc(&arena, 100)) != NULL; given += 100) {
        CHECK(piece[0] == 0 && piece[99] == 0);
        memset(piece, 0xff, 100);
    }
    CHECK(given > 50 * 1024 && given <= 64 * 1024);
    CHECK(arena_alloc(&arena, 1 << 30) == NULL);
    CHECK(arena_alloc(&arena, (size_t)-1) == NULL);
    arena_free(&arena);
}

TEST(large_and_small_pieces_do_not_overlap) {
    struct arena arena;
    arena_init(&arena, 1 << 20);
    char *small = arena_printf(&arena, "%s", "small"), *large = arena_alloc(&arena, 100000), *other = arena_printf(&arena, "%s", "other");
    memset(large, 'x', 100000);
    CHECK(strcmp(small, "small") == 0 && strcmp(other, "other") == 0);
    arena_free(&arena);
}
