#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actions.h"
#include "child.h"
#include "ports.h"

#define CONNECTIONS 64 /* as many as the guest's agent takes */

static int connect_daemon(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || strlen(path) >= sizeof address.sun_path) return -1;
    memcpy(address.sun_path, path, strlen(path) + 1);
    return connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

/* What the client sees when the process ends: a reset, or an end after all bytes. */
static void reset_at_end(int client, bool reset) {
    struct linger linger = {.l_onoff = reset, .l_linger = 0};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* In a process of its own: tells the daemon the port, and passes bytes when it has answered that the guest has taken the
 * connection. The client is connected already; a reset is as near to a refusal as it gets then. */
static void serve(int client, const char *daemon) {
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } own = {0};
    socklen_t size = sizeof own;
    reset_at_end(client, true);
    int fd = connect_daemon(daemon);
    if (fd < 0 || getsockname(client, &own.any, &size) != 0) return;
    /* In network order, as it is in the address. */
    uint16_t port = own.any.sa_family == AF_INET6 ? own.ipv6.sin6_port : own.ipv4.sin_port;
    char connected;
    if (send(fd, &port, sizeof port, MSG_NOSIGNAL) != (ssize_t)sizeof port || recv(fd, &connected, 1, 0) != 1) return;
    reset_at_end(client, false);
    ports_relay(client, fd);
}

int action_ports(const struct flags *flags) {
    prctl(PR_SET_NAME, "saya-ports");
    int listener = ports_listen();
    if (listener < 0) {
        fprintf(stderr, "saya: ports of the pod's localhost: %s (expected: a kernel with BPF socket lookup, 5.9 or later)\n",
                strerror(errno));
        return 1;
    }
    if (!privileges_give_up()) { /* they were for the program in the kernel */
        perror("saya: ports of the pod's localhost: capabilities");
        return 1;
    }
    pid_t parent = getpid();
    for (int connections = 0;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0 && errno != EINTR && errno != ECONNABORTED && errno != EMFILE && errno != ENOBUFS) return 1;
        while (connections > 0 && waitpid(-1, NULL, connections < CONNECTIONS ? WNOHANG : 0) > 0) connections--;
        pid_t pid = client < 0 ? -1 : fork();
        if (pid == 0) {
            close(listener);
            if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent) serve(client, flags->address);
            _exit(0);
        }
        connections += pid > 0;
        if (client >= 0) close(client);
    }
}
