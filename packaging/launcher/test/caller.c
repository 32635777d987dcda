/* A client of the task service, for tests: caller SOCKET WORD...
 *   METHOD        sends a request, with stream ids 1, 3, 5, ...       METHOD+BYTES  one with so long a payload
 *   half METHOD   sends the first half of one                         rest          the other half
 *   answers N     waits until N answers have come in all              file PATH     waits until there is such a file
 *   end           waits for the end of the connection                 flood METHOD  sends requests of 1 MiB for 2 s, and reads nothing
 *   shut          says that nothing more comes
 * Prints "METHOD" for an answer, "METHOD refused" for one with a status, "end" at the end. Fails if a wait takes 30 s, or an answer is not
 * whole. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../src/bytes.h"
#include "../src/call_frames.h"
#include "../src/protobuf.h"

static int fd;
static const char *methods[4096];
static uint32_t last = 1;
static struct bytes half;
static struct bytes come;
static size_t answered;
static bool ended;

static void die(const char *what) {
    fprintf(stderr, "caller: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void request(const char *method, size_t padding, struct bytes *b) {
    struct bytes body = {0};
    protobuf_put_text(&body, 1, "containerd.task.v2.Task");
    protobuf_put_text(&body, 2, method);
    if (padding > 0) {
        void *zeros = calloc(1, padding);
        protobuf_put_bytes(&body, 3, zeros, padding);
        free(zeros);
    }
    bytes_u32(b, (uint32_t)body.length);
    bytes_u32(b, last);
    bytes_u8(b, CALL_REQUEST);
    bytes_u8(b, 1);
    bytes_append(b, body.data, body.length);
    bytes_free(&body);
    methods[last / 2 % 4096] = method;
    last += 2;
}

static void write_whole(const uint8_t *data, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t n = send(fd, data + done, length - done, MSG_NOSIGNAL);
        if (n < 0) die("send");
        done += (size_t)n;
    }
}

static void take(void) {
    uint8_t piece[65536];
    ssize_t n = recv(fd, piece, sizeof piece, 0);
    if (n <= 0) {
        if (come.length > 0) die("half an answer");
        ended = true;
        puts("end");
        return;
    }
    bytes_append(&come, piece, (size_t)n);
    struct reader r = {come.data, come.length, false};
    struct call_frame *frame;
    uint32_t skip;
    while (call_cut(&r, &frame, &skip) == CALL_CUT_FRAME) {
        struct message m = {frame->data + CALL_HEADER, frame->length - CALL_HEADER, false};
        struct field field;
        bool refused = protobuf_next(&m, &field) && field.number == 1;
        printf("%s%s\n", methods[frame->stream / 2 % 4096], refused ? " refused" : "");
        free(frame);
        answered++;
    }
    bytes_consume(&come, come.length - r.left);
}

static void wait_for(size_t answers, const char *file, bool end) {
    for (int i = 0; i < 3000; i++) {
        if (file ? access(file, F_OK) == 0 : end ? ended : answered >= answers) return;
        if (ended && !file) die("the connection has ended");
        struct pollfd p = {.fd = ended ? -1 : fd, .events = POLLIN};
        if (poll(&p, 1, 10) == 1) take();
    }
    errno = ETIMEDOUT;
    die(file ? file : end ? "end" : "answers");
}

static void flood(const char *method) {
    for (int i = 0; i < 200; i++) {
        struct bytes b = {0};
        request(method, 1 << 20, &b);
        for (size_t done = 0; done < b.length;) {
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            if (poll(&p, 1, 2000) != 1) return; /* it is not read any more */
            ssize_t n = send(fd, b.data + done, b.length - done, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n > 0) done += (size_t)n;
        }
        bytes_free(&b);
    }
}

int main(int argc, char **argv) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", argv[1]);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 2; i < argc; i++) {
        struct bytes b = {0};
        if (strcmp(argv[i], "half") == 0) {
            request(argv[++i], 0, &half);
            write_whole(half.data, half.length / 2);
        } else if (strcmp(argv[i], "rest") == 0) {
            write_whole(half.data + half.length / 2, half.length - half.length / 2);
        } else if (strcmp(argv[i], "answers") == 0) {
            wait_for(strtoul(argv[++i], NULL, 10), NULL, false);
        } else if (strcmp(argv[i], "file") == 0) {
            wait_for(0, argv[++i], false);
        } else if (strcmp(argv[i], "end") == 0) {
            wait_for(0, NULL, true);
        } else if (strcmp(argv[i], "flood") == 0) {
            flood(argv[++i]);
        } else if (strcmp(argv[i], "shut") == 0) {
            shutdown(fd, SHUT_WR);
        } else {
            char *plus = strchr(argv[i], '+');
            if (plus) *plus++ = 0;
            request(argv[i], plus ? strtoul(plus, NULL, 10) : 0, &b);
            write_whole(b.data, b.length);
        }
        bytes_free(&b);
    }
    return 0;
}
