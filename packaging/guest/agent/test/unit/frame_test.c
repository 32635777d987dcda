#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "resync.h"
#include "unit.h"

struct seen {
    unsigned frames, oversize;
    uint32_t last_stream;
    char text[64];
    bool stop;
};

static bool take(void *context, const struct frame_header *header, const uint8_t *data) {
    struct seen *seen = context;
    seen->last_stream = header->stream;
    if (data == NULL) {
        seen->oversize++;
    } else {
        seen->frames++;
        if (header->length < sizeof seen->text) memcpy(seen->text, data, header->length);
    }
    return !seen->stop;
}

static size_t put(uint8_t *out, uint32_t stream, uint8_t type, const char *text) {
    struct frame_header header = {(uint32_t)strlen(text), stream, type, 0};
    frame_header_write(out, &header);
    memcpy(out + FRAME_HEADER_SIZE, text, header.length);
    return FRAME_HEADER_SIZE + header.length;
}

TEST(a_header_is_read_as_it_was_written) {
    uint8_t bytes[FRAME_HEADER_SIZE];
    struct frame_header header = {0x01020304, 0xfffefdfc, 2, 5}, read;
    frame_header_write(bytes, &header);
    CHECK(memcmp(bytes, "\x01\x02\x03\x04\xff\xfe\xfd\xfc\x02\x05", sizeof bytes) == 0);
    frame_header_read(bytes, &read);
    CHECK(read.length == header.length && read.stream == header.stream && read.type == 2 && read.flags == 5);
}

TEST(frames_come_whole_however_they_are_cut) {
    uint8_t bytes[128];
    size_t length = put(bytes, 1, FRAME_REQUEST, "first");
    length += put(bytes + length, 3, FRAME_REQUEST, "");
    length += put(bytes + length, 5, FRAME_REQUEST, "third");
    for (size_t piece = 1; piece <= length; piece++) {
        struct frame_parser parser = {0};
        struct seen seen = {0};
        for (size_t at = 0; at < length; at += piece) {
            size_t count = length - at < piece ? length - at : piece;
            CHECK(frame_parser_feed(&parser, bytes + at, count, take, &seen) == FRAME_CONTINUE);
        }
        CHECK(seen.frames == 3 && seen.last_stream == 5 && memcmp(seen.text, "third", 5) == 0);
        CHECK(parser.head_have == 0 && parser.data == NULL);
    }
}

TEST(a_frame_above_the_limit_is_skipped) {
    struct frame_parser parser = {0};
    struct seen seen = {0};
    struct frame_header header = {FRAME_DATA_LIMIT + 1, 7, FRAME_REQUEST, 0};
    uint8_t head[FRAME_HEADER_SIZE], *body = calloc(1, FRAME_DATA_LIMIT + 1), next[32];
    frame_header_write(head, &header);
    CHECK(frame_parser_feed(&parser, head, sizeof head, take, &seen) == FRAME_CONTINUE);
    CHECK(parser.data == NULL);
    CHECK(frame_parser_feed(&parser, body, FRAME_DATA_LIMIT + 1, take, &seen) == FRAME_CONTINUE);
    CHECK(seen.oversize == 1 && seen.last_stream == 7);
    CHECK(frame_parser_feed(&parser, next, put(next, 9, FRAME_REQUEST, "x"), take, &seen) == FRAME_CONTINUE);
    CHECK(seen.frames == 1 && seen.last_stream == 9);
    free(body);
}

TEST(what_is_no_frame_is_garbage) {
    struct frame_parser parser = {0};
    struct seen seen = {0};
    CHECK(frame_parser_feed(&parser, (const uint8_t *)"GET / HTTP/1.1\r\n", 16, take, &seen) == FRAME_GARBAGE);
    frame_parser_reset(&parser);
    CHECK(seen.frames == 0);
}

TEST(a_handler_can_stop_the_feeding) {
    uint8_t bytes[64];
    size_t length = put(bytes, 1, FRAME_REQUEST, "a");
    length += put(bytes + length, 3, FRAME_REQUEST, "b");
    struct frame_parser parser = {0};
    struct seen seen = {.stop = true};
    CHECK(frame_parser_feed(&parser, bytes, length, take, &seen) == FRAME_STOPPED);
    CHECK(seen.frames == 1);
    frame_parser_reset(&parser);
}

// ---- a new peer's frames inside an old peer's

TEST(a_new_peers_requests_are_found_behind_half_a_frame) {
    uint8_t bytes[256];
    size_t half = 40, length = half;
    struct frame_header old = {1000, 99, FRAME_REQUEST, 0};
    memset(bytes, 'x', half);
    frame_header_write(bytes, &old);
    length += put(bytes + length, 1, FRAME_REQUEST, "hello");
    length += put(bytes + length, 3, FRAME_REQUEST, "again");

    struct frame_parser parser = {0};
    struct seen seen = {0};
    CHECK(frame_parser_feed(&parser, bytes, length, take, &seen) == FRAME_CONTINUE);
    CHECK(seen.frames == 0);
    size_t kept, offset = 0;
    uint8_t *copy = resync_bytes(&parser, &kept);
    CHECK(copy != NULL && kept == length && memcmp(copy, bytes, length) == 0);
    CHECK(resync_find(copy, kept, &offset) && offset == half);
    free(copy);
    frame_parser_reset(&parser);
}

TEST(nothing_is_found_where_no_new_peer_is) {
    uint8_t bytes[128];
    size_t offset;
    memset(bytes, 0, sizeof bytes);
    CHECK(!resync_find(bytes, sizeof bytes, &offset));
    // not from stream 1 on
    size_t length = 20 + put(bytes + 20, 3, FRAME_REQUEST, "hello");
    CHECK(!resync_find(bytes, length, &offset));
    // not up to the end
    length = 20 + put(bytes + 20, 1, FRAME_REQUEST, "hello");
    CHECK(!resync_find(bytes, length - 1, &offset));
    CHECK(!resync_find(bytes, length + 1, &offset));
    CHECK(!resync_find(bytes, 5, &offset));
}
