#define _GNU_SOURCE
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actions.h"
#include "child.h"
#include "files.h"

/* An interface is made, moved, named, given addresses, started and given routes, one message each: whoever is told in between
 * would look once for each of them. */
#define QUIET_MS 20
#define PATIENCE_MS 200

static int subscribe(void) {
    struct sockaddr_nl address = {.nl_family = AF_NETLINK,
                                  .nl_groups =
                                      RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    return fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

/* What the messages say does not matter, only that there were some; the daemon looks for itself. */
static void drain(int events) {
    static uint8_t buffer[32768];
    while (recv(events, buffer, sizeof buffer, 0) > 0 || errno == ENOBUFS || errno == EINTR)
        ;
}

static void await_quiet(int events) {
    long long deadline = now_ms() + PATIENCE_MS;
    struct pollfd p = {.fd = events, .events = POLLIN};
    do drain(events);
    while (now_ms() < deadline && poll(&p, 1, QUIET_MS) == 1);
}

int action_links(const struct flags *flags) {
    prctl(PR_SET_NAME, "saya-links");
    int listener = atoi(flags->address);
    int events = subscribe();
    int daemon = events < 0 || !privileges_give_up() ? -1 : accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (daemon < 0) {
        fprintf(stderr, "saya: changes of the pod's network: %s\n", strerror(errno));
        return 1;
    }
    close(listener);
    struct pollfd fds[] = {{.fd = events, .events = POLLIN}, {.fd = daemon, .events = POLLIN}};
    /* The first byte says that from now on nothing is missed. */
    while (send(daemon, "", 1, MSG_NOSIGNAL) == 1) {
        if (poll(fds, 2, -1) < 0 || fds[1].revents) break; /* the daemon has hung up */
        await_quiet(events);
    }
    return 0;
}
