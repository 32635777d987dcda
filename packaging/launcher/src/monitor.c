#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "child.h"
#include "files.h"

#define ANSWER_LIMIT_S 10
#define LINES_LIMIT 4096 /* for all answers: more events than QEMU has to tell of in as long */
#define LINE_LIMIT (64u * 1024)

/* A connection to QEMU's monitor (QMP): lines of JSON, of which only the beginning is looked at. QEMU writes each member that it
 * begins an answer with first: "return", "error", or an event's "timestamp". */
struct monitor {
    int fd;
    unsigned lines;
    long long deadline; /* of the answer that is waited for */
    size_t length;
    char received[LINE_LIMIT];
};

/* Reads the next line, without its end; false if there will be none. */
static bool next_line(struct monitor *m, char *line) {
    for (;;) {
        char *end = memchr(m->received, '\n', m->length);
        if (end) {
            size_t length = (size_t)(end - m->received);
            memcpy(line, m->received, length);
            line[length > 0 && line[length - 1] == '\r' ? length - 1 : length] = 0;
            m->length -= length + 1;
            memmove(m->received, end + 1, m->length);
            return true;
        }
        if (m->length == sizeof m->received - 1) {
            errno = EMSGSIZE;
            return false;
        }
        ssize_t n = read(m->fd, m->received + m->length, sizeof m->received - 1 - m->length);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = EPIPE;
        if (n <= 0) return false;
        m->length += (size_t)n;
        if (now_ms() >= m->deadline) {
            errno = ETIMEDOUT;
            return false;
        }
    }
}

static bool begins(const char *line, const char *beginning) {
    return strncmp(line, beginning, strlen(beginning)) == 0;
}

/* The line that answers; what happens in between is not for us, and has a bound: a QEMU that tells of events without end would keep this
 * process busy for ever. */
static bool await(struct monitor *m, const char *answer, char *line) {
    m->deadline = now_ms() + ANSWER_LIMIT_S * 1000;
    while (next_line(m, line)) {
        if (begins(line, answer) || begins(line, "{\"error\"")) return true;
        if (++m->lines > LINES_LIMIT) {
            errno = EOVERFLOW;
            return false;
        }
    }
    return false;
}

/* A descriptor belongs to the first byte of the message. */
static bool say(const struct monitor *m, const char *command, int fd) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)}};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    struct iovec parts[] = {{.iov_base = (void *)(uintptr_t)command, .iov_len = strlen(command)}, {.iov_base = "\n", .iov_len = 1}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (fd >= 0) message.msg_control = &control, message.msg_controllen = sizeof control;
    return sendmsg(m->fd, &message, MSG_NOSIGNAL) == (ssize_t)(parts[0].iov_len + 1);
}

/* What the command calls a file that it opens anew by this path: the number of a set, which is closed by whoever is done with it. */
static const char set_path[] = "/dev/fdset/";

/* Gives QEMU a descriptor, or, without one, has it closed again. */
static void about(struct monitor *m, const char *name, int fd, char *line, int result) {
    char text[512];
    if (begins(name, set_path))
        snprintf(text, sizeof text, "{\"execute\":\"%s\",\"arguments\":{\"fdset-id\":%lu}}", fd >= 0 ? "add-fd" : "remove-fd",
                 strtoul(name + strlen(set_path), NULL, 10));
    else
        snprintf(text, sizeof text, "{\"execute\":\"%s\",\"arguments\":{\"fdname\":\"%s\"}}", fd >= 0 ? "getfd" : "closefd", name);
    if (!say(m, text, fd)) child_fail(result, "monitor", "does not take a descriptor");
    if (!await(m, "{\"return\"", line)) child_fail(result, "monitor", "does not answer");
}

static void converse(const struct monitor_call *call, int output, int result) {
    static struct monitor m;
    static char line[LINE_LIMIT];
    const struct timeval limit = {.tv_sec = ANSWER_LIMIT_S};
    m.fd = descriptor_open(&(struct descriptor){.kind = DESCRIPTOR_CONNECT, .path = call->socket});
    if (m.fd < 0 || setsockopt(m.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        setsockopt(m.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0)
        child_fail(result, "monitor", call->socket);
    if (!await(&m, "{\"QMP\"", line) || !say(&m, "{\"execute\":\"qmp_capabilities\"}", -1) || !await(&m, "{\"return\"", line))
        child_fail(result, "greeting of the monitor", call->socket);
    for (size_t i = 0; i < call->descriptor_count; i++) {
        about(&m, call->descriptors[i].name, call->descriptors[i].fd, line, result);
        if (begins(line, "{\"error\"")) {
            errno = EPROTO;
            child_fail(result, "the monitor refuses a descriptor:", line);
        }
    }
    if (!say(&m, call->command, -1) || !await(&m, "{\"return\"", line)) child_fail(result, "monitor", "does not answer");
    size_t length = strlen(line);
    if (write(output, line, length) != (ssize_t)length) child_fail(result, "monitor", "answer");
    /* What was refused holds none of them; QEMU would keep each, and a tap that is held is not gone. */
    for (size_t i = 0; begins(line, "{\"error\"") && i < call->descriptor_count; i++)
        about(&m, call->descriptors[i].name, -1, line, result);
    child_report(result, 0, "monitor", "");
}

static void open_all(const struct monitor_call *call, int result) {
    network_enter(call->network_namespace, result);
    for (size_t i = 0; i < call->descriptor_count; i++) {
        struct descriptor *d = &call->descriptors[i];
        d->fd = descriptor_open(d);
        if (d->fd < 0) child_fail(result, "open", d->path);
        if (d->kind == DESCRIPTOR_TAP || d->kind == DESCRIPTOR_TAP_QUEUE || d->kind == DESCRIPTOR_MACVTAP) descriptor_open_tap(d, result);
    }
}

struct child *child_monitor(const struct monitor_call *call, struct child_result *result) {
    struct child *c = child_new(CHILD_MONITOR);
    int output, report;
    pid_t pid = c ? child_fork(c, 0, &output, &report) : -1;
    if (pid == 0) {
        open_all(call, report);
        converse(call, output, report);
        _exit(0);
    }
    if (pid < 0) {
        *result = (struct child_result){.error = c ? errno : ENOMEM, .what = "fork for a monitor"};
        if (c) child_free(c);
        return NULL;
    }
    return c;
}
