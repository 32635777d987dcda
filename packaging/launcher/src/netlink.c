#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "child.h"

#define ANSWER_LIMIT_S 5
#define DATAGRAM_LIMIT (256u * 1024) /* the kernel fills at most 32 KiB into one of a dump */

static void write_all(int fd, const uint8_t *data, size_t length, int result) {
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) child_fail(result, "netlink", "answer");
        data += n;
        length -= (size_t)n;
    }
}

/* 1: the answer is complete and good, 0: more comes, -1: the kernel refused. */
static int verdict(const uint8_t *data, size_t length) {
    const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)data;
    for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length))
        if (message->nlmsg_type == NLMSG_ERROR)
            return ((const struct nlmsgerr *)NLMSG_DATA(message))->error == 0 ? 1 : -1;
        else if (message->nlmsg_type == NLMSG_DONE)
            return 1;
    return 0;
}

static void exchange(const struct netlink_call *call, int output, int result) {
    static _Alignas(struct nlmsghdr) uint8_t buffer[DATAGRAM_LIMIT];
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct timeval limit = {.tv_sec = ANSWER_LIMIT_S};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0) child_fail(result, "netlink", "socket");
    void *messages = malloc(call->length); /* aligned, as they need not be in the frame */
    if (!messages) child_fail(result, "netlink", "memory");
    const struct nlmsghdr *message = memcpy(messages, call->messages, call->length);
    size_t left = call->length;
    int done = 1;
    for (; done > 0 && NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
        if (send(fd, message, message->nlmsg_len, 0) < 0) child_fail(result, "netlink", "request");
        for (done = 0; done == 0;) {
            ssize_t n = recv(fd, buffer, sizeof buffer, 0);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) child_fail(result, "netlink", "answer");
            write_all(output, buffer, (size_t)n, result);
            done = verdict(buffer, (size_t)n);
        }
    }
    free(messages);
    child_report(result, 0, "netlink", "");
}

void network_enter(const char *path, int result) {
    if (!*path) return;
    if (strcmp(path, NETWORK_NAMESPACE_NEW) == 0) {
        if (unshare(CLONE_NEWNET) != 0) child_fail(result, "network namespace", path);
        return;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET) != 0) child_fail(result, "network namespace", path);
    close(fd);
}

struct child *child_netlink(const struct netlink_call *call, struct child_result *result) {
    struct child *c = child_new(CHILD_NETLINK);
    int output, report;
    pid_t pid = c ? child_fork(c, 0, &output, &report) : -1;
    if (pid == 0) {
        network_enter(call->network_namespace, report);
        exchange(call, output, report);
        _exit(0);
    }
    if (pid < 0) {
        *result = (struct child_result){.error = c ? errno : ENOMEM, .what = "fork for netlink"};
        if (c) child_free(c);
        return NULL;
    }
    return c;
}
