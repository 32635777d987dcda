// Listening sockets: AF_VSOCK in a guest, a Unix socket on the host.
#include <sys/socket.h> // before the next, whose older editions use it and do not say so

#include <errno.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "options.h"
#include "peers.h"
#include "transport.h"

enum { AGENT_VSOCK_PORT = 1024, BACKLOG = 64, FIRST_FREE_PORT = 1024, REFUSALS_LOGGED = 8 };

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

// Any program of the guest can connect to the guest itself (CID 1, or its own), and any program of the host to the guest: only root
// of the host gets a port below 1024.
bool vsock_peer_trusted(uint32_t cid, uint32_t port) {
    return cid == VMADDR_CID_HOST && (port < FIRST_FREE_PORT || options.vsock_peers_any_port);
}

// Strangers are hung up on before a byte of theirs is read, so they take no place of anybody's.
static bool is_stranger(const struct sockaddr_storage *address) {
    static unsigned refusals;
    if (address->ss_family != AF_VSOCK) return false; // a Unix socket has permissions
    const struct sockaddr_vm *peer = (const struct sockaddr_vm *)address;
    if (vsock_peer_trusted(peer->svm_cid, peer->svm_port)) return false;
    if (refusals++ < REFUSALS_LOGGED)
        log_warn("refused vsock peer %u:%u (expected: CID 2 and a port below %d)", peer->svm_cid, peer->svm_port, FIRST_FREE_PORT);
    return true;
}

int accept_trusted(const struct watch *watch) {
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t length = sizeof address;
    int fd = accept4(watch->fd, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 || !is_stranger(&address)) return fd;
    close(fd);
    return -1;
}

// ---- the agent's own

static struct watch agent_listener;

static void accept_peer(struct watch *watch, uint32_t events) {
    (void)events;
    int fd = accept_trusted(watch);
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
