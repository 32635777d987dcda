// Listening sockets: AF_VSOCK in a guest, a Unix socket on the host.
#include <errno.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "peers.h"
#include "transport.h"

enum { AGENT_VSOCK_PORT = 1024, BACKLOG = 64 };

static bool serve(struct watch *watch, int fd, const struct sockaddr *address, socklen_t length, const char *what) {
    if (fd < 0 || bind(fd, address, length) < 0 || listen(fd, BACKLOG) < 0 || !watch_add(watch, fd, EPOLLIN)) {
        log_error("listen on %s: %s", what, strerror(errno));
        if (fd >= 0) close(fd);
        return false;
    }
    log_info("serving %s", what);
    return true;
}

bool listen_vsock(struct watch *watch, unsigned port, void (*accept_ready)(struct watch *watch, uint32_t events)) {
    struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_port = port, .svm_cid = VMADDR_CID_ANY};
    char what[32];
    snprintf(what, sizeof what, "vsock port %u", port);
    watch->ready = accept_ready;
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 && errno == EAFNOSUPPORT) return false; // a guest without vsock
    return serve(watch, fd, (struct sockaddr *)&address, sizeof address, what);
}

bool listen_unix(struct watch *watch, const char *path, void (*accept_ready)(struct watch *watch, uint32_t events)) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        log_error("listen on %s: the path is longer than %zu bytes", path, sizeof address.sun_path - 1);
        return false;
    }
    strcpy(address.sun_path, path);
    watch->ready = accept_ready;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return serve(watch, fd, (struct sockaddr *)&address, sizeof address, path);
}

// ---- the agent's own

static struct watch agent_listener;

static void accept_peer(struct watch *watch, uint32_t events) {
    (void)events;
    int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return; // the peer may have left again; what else can go wrong will show at the next one
    struct connection *connection = peer_new();
    if (connection == NULL || !connection_open(connection, fd, peer_free)) {
        log_warn("no room for another connection");
        close(fd);
        if (connection != NULL) peer_free(connection);
    }
}

bool vsock_listen(void) {
    return listen_vsock(&agent_listener, AGENT_VSOCK_PORT, accept_peer);
}

bool unix_listen(const char *path) {
    return listen_unix(&agent_listener, path, accept_peer);
}
