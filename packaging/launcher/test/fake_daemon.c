/* Stands where the installation's java stands, and speaks the daemon's end of the guard channel.
 * SAYA_TEST_SCRIPT says what it does, commands separated by ';':
 *   mount TARGET      a tmpfs there                 stderr TEXT    writes to its log
 *   spawn SCRIPT      /bin/sh -c                    garbage        writes to stdout what is no frame
 *   hang              sleeps for ever               exit CODE
 *   ready, fail TEXT  reports to `start`            wait           until the guard's end of the channel closes
 *   stubborn          ignores SIGTERM               record TEXT    writes record.json
 *   successor DIR     asks for one                  take           asks for its place, as one
 *   exited            waits to be told of an exit, and appends its handle to $SAYA_TEST/exits
 *   pause SECONDS
 *   hold FIFO         opens its write end and has it held; appends the handle to $SAYA_TEST/holds
 *   release           the last of these
 * A successor does what SAYA_TEST_SUCCESSOR says.
 * Appends its pid to $SAYA_TEST/daemons and the HELLO's bootstrap to $SAYA_TEST/bootstrap. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../src/bytes.h"
#include "../src/channel.h"

static uint32_t last_id;
static char run_directory[512];

static void die(const char *what) {
    fprintf(stderr, "fake daemon: %s: %s\n", what, strerror(errno));
    exit(99);
}

static void read_exactly(void *data, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t n = read(0, (char *)data + done, length - done);
        if (n <= 0) exit(0); /* the guard is gone */
        done += (size_t)n;
    }
}

/* Reads one frame; the caller frees. */
static uint8_t *read_frame(uint32_t *id, enum frame_type *type, struct reader *body) {
    uint8_t head[9];
    read_exactly(head, sizeof head);
    struct reader r = {head, sizeof head, false};
    uint32_t length = read_u32(&r);
    *id = read_u32(&r);
    *type = (enum frame_type)read_u8(&r);
    uint8_t *data = malloc(length);
    read_exactly(data, length - 5);
    *body = (struct reader){data, length - 5, false};
    return data;
}

static void send_request(enum frame_type type, const struct bytes *body) {
    struct bytes b = {0};
    bytes_u32(&b, (uint32_t)body->length + 5);
    bytes_u32(&b, ++last_id);
    bytes_u8(&b, (uint8_t)type);
    bytes_append(&b, body->data, body->length);
    if (write(1, b.data, b.length) != (ssize_t)b.length) die("write");
    bytes_free(&b);
}

/* Sends and waits for the reply; prints a refusal to the log. */
static void call(enum frame_type type, struct bytes *body) {
    send_request(type, body);
    bytes_free(body);
    for (;;) {
        uint32_t id;
        enum frame_type kind;
        struct reader r;
        uint8_t *data = read_frame(&id, &kind, &r);
        if (kind == FRAME_REPLY && id == last_id) {
            uint32_t error = read_u32(&r);
            if (error != 0) fprintf(stderr, "refused: %s\n", read_string(&r));
            free(data);
            return;
        }
        free(data);
    }
}

static void append_file(const char *name, const void *data, size_t length);

static void hold(const char *fifo) {
    struct bytes b = {0};
    struct stat s;
    int both = open(fifo, O_RDWR);
    if (both < 0 || open(fifo, O_WRONLY) < 0 || fstat(both, &s) != 0) die(fifo);
    close(both);
    bytes_u32(&b, (uint32_t)((uint64_t)s.st_dev >> 32));
    bytes_u32(&b, (uint32_t)s.st_dev);
    bytes_u32(&b, (uint32_t)((uint64_t)s.st_ino >> 32));
    bytes_u32(&b, (uint32_t)s.st_ino);
    bytes_u8(&b, O_WRONLY);
    send_request(REQUEST_HOLD, &b);
    bytes_free(&b);
    uint32_t id;
    enum frame_type kind;
    struct reader r;
    uint8_t *data = read_frame(&id, &kind, &r);
    uint32_t error = read_u32(&r);
    if (error != 0) fprintf(stderr, "refused: %s\n", read_string(&r));
    char line[32];
    uint32_t handle = error == 0 ? read_u32(&r) : 0;
    append_file("holds", line, (size_t)snprintf(line, sizeof line, "%u\n", handle));
    free(data);
}

static void release(void) {
    char path[512];
    uint32_t handle = 0;
    snprintf(path, sizeof path, "%s/holds", getenv("SAYA_TEST"));
    FILE *file = fopen(path, "r");
    while (file && fscanf(file, "%u", &handle) == 1)
        ;
    if (file) fclose(file);
    struct bytes b = {0};
    bytes_u32(&b, handle);
    call(REQUEST_RELEASE, &b);
}

static void append_file(const char *name, const void *data, size_t length) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", getenv("SAYA_TEST"), name);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0 || write(fd, data, length) < 0) die(path);
    close(fd);
}

static void exited(void) {
    for (;;) {
        uint32_t id;
        enum frame_type kind;
        struct reader r;
        uint8_t *data = read_frame(&id, &kind, &r);
        uint32_t handle = read_u32(&r);
        free(data);
        if (kind == FRAME_EXITED) {
            char line[32];
            append_file("exits", line, (size_t)snprintf(line, sizeof line, "%u\n", handle));
            return;
        }
    }
}

static void hello(bool successor) {
    uint32_t id;
    enum frame_type type;
    struct reader r;
    uint8_t *data = read_frame(&id, &type, &r);
    if (type != FRAME_HELLO || read_u32(&r) != PROTOCOL_VERSION || read_u32(&r) != (successor ? UINT32_MAX : 3)) die("hello");
    read_string(&r);
    snprintf(run_directory, sizeof run_directory, "%s", read_string(&r));
    read_string(&r);
    uint32_t length = read_u32(&r);
    append_file("bootstrap", r.data, length);
    free(data);
    char line[32];
    append_file("daemons", line, (size_t)snprintf(line, sizeof line, "%d\n", (int)getpid()));
}

static void list(struct bytes *b, const char *const *items, uint8_t count) {
    bytes_u8(b, 0);
    bytes_u8(b, count);
    for (uint8_t i = 0; i < count; i++) bytes_text(b, items[i]);
}

/* Confined: with what a virtual machine monitor may do, and one file shown to it. */
static void spawn(const char *script, const char *shown) {
    struct bytes b = {0};
    const char *argv[] = {"/bin/sh", "-c", script}, *environment[] = {"PATH=/usr/bin:/bin"};
    list(&b, argv, 3);
    list(&b, environment, 1);
    bytes_text(&b, "/");
    bytes_text(&b, "");
    bytes_u8(&b, 0);
    bytes_u32(&b, UINT32_MAX);
    bytes_u32(&b, UINT32_MAX);
    bytes_u32(&b, 0x80000000u);
    bytes_u8(&b, shown ? 3 : 0);
    if (shown) list(&b, &shown, 1);
    call(REQUEST_SPAWN, &b);
}

static void mount_tmpfs(const char *target) {
    struct bytes b = {0};
    bytes_text(&b, "tmpfs");
    bytes_text(&b, target);
    bytes_text(&b, "tmpfs");
    bytes_u32(&b, 0);
    bytes_u32(&b, 0);
    bytes_text(&b, "");
    call(REQUEST_MOUNT, &b);
}

static void record(const char *text) {
    char path[600];
    snprintf(path, sizeof path, "%s/record.json", run_directory);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) die(path);
}

static void command(char *text) {
    text += strspn(text, " ");
    char *argument = strchr(text, ' ');
    if (argument) *argument++ = 0;
    struct bytes body = {0};
    if (strcmp(text, "mount") == 0)
        mount_tmpfs(argument);
    else if (strcmp(text, "spawn") == 0)
        spawn(argument, NULL);
    else if (strcmp(text, "confined") == 0) { /* what is shown, then the script */
        char *script = strchr(argument, ' ');
        *script++ = 0;
        spawn(script, argument);
    } else if (strcmp(text, "record") == 0)
        record(argument);
    else if (strcmp(text, "ready") == 0)
        call(REQUEST_READY, &body);
    else if (strcmp(text, "fail") == 0) {
        bytes_text(&body, argument);
        call(REQUEST_FAILED, &body);
    } else if (strcmp(text, "stderr") == 0)
        fprintf(stderr, "%s\n", argument);
    else if (strcmp(text, "garbage") == 0)
        (void)!write(1, "OpenJDK warning: something", 26);
    else if (strcmp(text, "successor") == 0) {
        bytes_text(&body, argument);
        call(REQUEST_SUCCESSOR, &body);
    } else if (strcmp(text, "take") == 0)
        call(REQUEST_TAKE_OVER, &body);
    else if (strcmp(text, "exited") == 0)
        exited();
    else if (strcmp(text, "hold") == 0)
        hold(argument);
    else if (strcmp(text, "release") == 0)
        release();
    else if (strcmp(text, "pause") == 0)
        usleep((useconds_t)(atof(argument) * 1e6));
    else if (strcmp(text, "exit") == 0)
        exit(atoi(argument));
    else if (strcmp(text, "stubborn") == 0)
        signal(SIGTERM, SIG_IGN);
    else if (strcmp(text, "hang") == 0)
        for (;;) pause();
    else if (strcmp(text, "wait") == 0) {
        char byte;
        for (;;) read_exactly(&byte, 1);
    }
}

int main(int argc, char **argv) {
    bool successor = false;
    for (int i = 1; i < argc; i++) successor = successor || strcmp(argv[i], "successor") == 0;
    hello(successor);
    char *script = strdup(getenv(successor ? "SAYA_TEST_SUCCESSOR" : "SAYA_TEST_SCRIPT")), *save = NULL;
    for (char *part = strtok_r(script, ";", &save); part; part = strtok_r(NULL, ";", &save)) command(part);
    return 0;
}
