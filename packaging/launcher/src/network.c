#define _GNU_SOURCE
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
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
static int exchange(const struct request *request)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct timeval limit = {.tv_sec = 1};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0
        || send(fd, request, request->header.nlmsg_len, 0) < 0)
        return errno;
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char more[1024];
    } answer;
    ssize_t n = recv(fd, &answer, sizeof answer, 0);
    int error = n < 0 ? errno : EPROTO;
    if (n >= (ssize_t)NLMSG_LENGTH(sizeof answer.error) && answer.header.nlmsg_type == NLMSG_ERROR)
        error = -answer.error.error;
    close(fd);
    return error;
}

static int remove_here(const char *interface, enum network_leftover what)
{
    unsigned index = if_nametoindex(interface);
    if (index == 0)
        return 0;
    struct request request = {.header = {.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK}};
    if (what == LEFT_LINK) {
        request.header.nlmsg_type = RTM_DELLINK;
        request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.link);
        request.body.link = (struct ifinfomsg){.ifi_family = AF_UNSPEC, .ifi_index = (int)index};
    } else {
        request.header.nlmsg_type = RTM_DELQDISC;
        request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.qdisc);
        request.body.qdisc = (struct tcmsg){.tcm_family = AF_UNSPEC, .tcm_ifindex = (int)index,
                                            .tcm_handle = what == LEFT_INGRESS ? TC_H_MAKE(TC_H_INGRESS, 0) : 0,
                                            .tcm_parent = what == LEFT_INGRESS ? TC_H_INGRESS : TC_H_ROOT};
    }
    int error = exchange(&request);
    /* ENODEV, ENOENT, EINVAL: it went away by itself; the last is what the kernel says of a qdisc that is not there. */
    return error == 0 || error == ENODEV || error == ENOENT || error == EINVAL ? 0 : -1;
}

int network_remove(const char *namespace, const char *interface, enum network_leftover what)
{
    pid_t pid = fork(); /* a namespace is entered for good */
    if (pid == 0) {
        if (*namespace) {
            int fd = open(namespace, O_RDONLY | O_CLOEXEC);
            if (fd < 0)
                _exit(errno != ENOENT); /* a namespace that is gone took its interfaces with it */
            if (setns(fd, CLONE_NEWNET) != 0)
                _exit(errno != EINVAL); /* what was mounted there is gone, the file is left */
        }
        _exit(remove_here(interface, what) == 0 ? 0 : 1);
    }
    int status;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}
