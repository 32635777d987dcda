#define _GNU_SOURCE
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

struct request {
    struct nlmsghdr header;
    union {
        struct ifinfomsg link;
        struct tcmsg qdisc;
    } body;
};

/* Sends it and reads the acknowledgement: 0 or an errno. */
static int exchange(const struct nlmsghdr *request) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct timeval limit = {.tv_sec = 1};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 || send(fd, request, request->nlmsg_len, 0) < 0)
        return errno;
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char more[1024];
    } answer;
    ssize_t n = recv(fd, &answer, sizeof answer, 0);
    int error = n < 0 ? errno : EPROTO;
    if (n >= (ssize_t)NLMSG_LENGTH(sizeof answer.error) && answer.header.nlmsg_type == NLMSG_ERROR) error = -answer.error.error;
    close(fd);
    return error;
}

static int remove_here(const char *interface, enum network_leftover what) {
    unsigned index = if_nametoindex(interface);
    if (index == 0) return 0;
    struct request request = {.header = {.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK}};
    if (what == LEFT_LINK) {
        request.header.nlmsg_type = RTM_DELLINK;
        request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.link);
        request.body.link = (struct ifinfomsg){.ifi_family = AF_UNSPEC, .ifi_index = (int)index};
    } else {
        request.header.nlmsg_type = RTM_DELQDISC;
        request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.qdisc);
        request.body.qdisc = (struct tcmsg){.tcm_family = AF_UNSPEC,
                                            .tcm_ifindex = (int)index,
                                            .tcm_handle = what == LEFT_INGRESS ? TC_H_MAKE(TC_H_INGRESS, 0) : 0,
                                            .tcm_parent = what == LEFT_INGRESS ? TC_H_INGRESS : TC_H_ROOT};
    }
    int error = exchange(&request.header);
    /* ENODEV, ENOENT, EINVAL: it went away by itself; the last is what the kernel says of a qdisc that is not there. */
    return error == 0 || error == ENODEV || error == ENOENT || error == EINVAL ? 0 : -1;
}

/* The messages that bring something back; what was damaged may be of any type. */
static int brings_back(const struct nlmsghdr *message) {
    return message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_NEWADDR || message->nlmsg_type == RTM_NEWROUTE ||
           message->nlmsg_type == RTM_NEWNEIGH;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes from hexadecimal digits, in memory of their own; NULL if it is none. */
static void *unhex(const char *text, size_t *length) {
    size_t digits = strlen(text);
    uint8_t *bytes = digits > 0 && digits % 2 == 0 ? malloc(digits / 2) : NULL;
    for (size_t i = 0; bytes && i < digits / 2; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            free(bytes);
            return NULL;
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    *length = digits / 2;
    return bytes;
}

static int restore_here(const char *interface, unsigned index, const char *messages) {
    if (if_nametoindex(interface) != index) return 0; /* it is gone; one that is called the same has nothing to get back */
    size_t length, at = 0;
    uint8_t *all = unhex(messages, &length);
    if (!all) return -1;
    int result = 0;
    while (length - at >= sizeof(struct nlmsghdr)) {
        struct nlmsghdr *message = (struct nlmsghdr *)(void *)(all + at);
        if (message->nlmsg_len < sizeof *message || message->nlmsg_len > length - at || message->nlmsg_len % NLMSG_ALIGNTO != 0) break;
        message->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
        if (!brings_back(message) || exchange(message) != 0) result = -1; /* the others may succeed nevertheless */
        at += message->nlmsg_len;
    }
    free(all);
    return at == length ? result : -1;
}

/* In a child, since a namespace is entered for good: 0; 1 if the namespace has gone, and all in it; -1 for any other reason. */
static int enter(const char *namespace) {
    if (!*namespace) return 0;
    int fd = open(namespace, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? 1 : -1;
    if (setns(fd, CLONE_NEWNET) != 0) return errno == EINVAL ? 1 : -1; /* what was mounted there is gone, the file is left */
    return 0;
}

static int succeeded(pid_t pid) {
    int status;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

int network_remove(const char *namespace, const char *interface, enum network_leftover what) {
    pid_t pid = fork();
    if (pid == 0) {
        int entered = enter(namespace);
        _exit(entered != 0 ? entered < 0 : remove_here(interface, what) != 0);
    }
    return succeeded(pid);
}

int network_restore(const char *namespace, const char *interface, unsigned index, const char *messages) {
    pid_t pid = fork();
    if (pid == 0) {
        int entered = enter(namespace);
        _exit(entered != 0 ? entered < 0 : restore_here(interface, index, messages) != 0);
    }
    return succeeded(pid);
}
