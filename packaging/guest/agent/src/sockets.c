#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/ports.pb-c.h"
#include "files.h"
#include "log.h"
#include "loop.h"
#include "ports.h"
#include "sandbox.h"

#define DIRECTORY SANDBOX_DIRECTORY "/sockets"

enum { BACKLOG = 64, PERMISSIONS = 07777 };

static struct watch listeners[SOCKETS_LIMIT + 1]; // by number, from 1; fd 0: none
static unsigned live;                             // connections that the host holds
static uint32_t last;                             // connection
static int notices = -1;                          // to the host; -1 while it takes none
static char serving[64];                          // the id of the host's end of it

static bool is_offered(uint32_t number) {
    return number >= 1 && number <= SOCKETS_LIMIT && listeners[number].fd > 0;
}

bool socket_path(uint32_t number, char path[SOCKET_PATH_SIZE]) {
    snprintf(path, SOCKET_PATH_SIZE, DIRECTORY "/%" PRIu32, number);
    return is_offered(number);
}

// Who connects while the host has no room waits in the queue of the socket.
static void take_or_leave(void) {
    uint32_t events = notices >= 0 && live < SOCKET_CONNECTIONS_LIMIT ? EPOLLIN : 0;
    for (uint32_t number = 1; number <= SOCKETS_LIMIT; number++)
        if (is_offered(number)) watch_change(&listeners[number], events);
}

// Also when the host has gone, and its end of the notices with it.
static void serve_no_more(void) {
    if (notices >= 0) close(notices);
    notices = -1;
    take_or_leave();
}

static void connection_closed(void) {
    live--;
    take_or_leave();
}

static bool tell(uint32_t number, uint32_t connection, const struct ucred *who) {
    const uint32_t notice[] = {htonl(number), htonl(connection), htonl(who->uid), htonl(who->gid)};
    // There is always room: the host reads what it is told before it gives connections back.
    return send(notices, notice, sizeof notice, MSG_NOSIGNAL) == (ssize_t)sizeof notice;
}

static void client_ready(struct watch *watch, uint32_t events) {
    (void)events;
    struct ucred who;
    socklen_t size = sizeof who;
    char id[32];
    if (notices < 0 || live >= SOCKET_CONNECTIONS_LIMIT) return;
    int client = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return; // it may have gone again; what else can go wrong will show at the next one
    if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
        close(client);
        return;
    }
    snprintf(id, sizeof id, "socket-%" PRIu32, ++last);
    if (!port_connection_keep(id, client, connection_closed)) return;
    live++;
    if (!tell((uint32_t)(watch - listeners), last, &who)) {
        log_warn("sockets of the host: it takes no connections any more: %s", strerror(errno));
        port_connection_forget(id);
        serve_no_more();
    }
    take_or_leave();
}

void handle_serve_sockets(struct call *call, const void *message) {
    const Saya__ServeSocketsRequest *request = message;
    int ends[2] = {-1, -1};
    if (*request->id == 0 || strlen(request->id) >= sizeof serving)
        call_fail(call, STATUS_INVALID_ARGUMENT, "ServeSockets: id \"%s\" (expected: a name of at most %zu bytes)", request->id,
                  sizeof serving - 1);
    else if (port_connection_find("", request->id) != NULL)
        call_fail(call, STATUS_ALREADY_EXISTS, "ServeSockets: %s exists already", request->id);
    else if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        call_fail(call, STATUS_INTERNAL, "ServeSockets: %s", strerror(errno));
    else {
        port_connection_forget(serving); // which calls serve_no_more
        if (!port_connection_keep(request->id, ends[0], serve_no_more)) {
            close(ends[1]);
            call_fail_memory(call);
            return;
        }
        strcpy(serving, request->id);
        notices = ends[1];
        take_or_leave();
        call_reply_empty(call);
    }
}

// Nobody can connect before its owner and mode are right: until then it has another name.
static int make(struct watch *listener, const char *path, const Saya__OfferSocketRequest *request) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = DIRECTORY "/new"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlink(address.sun_path);
    if (fd >= 0 && make_directories(DIRECTORY) && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, BACKLOG) == 0 &&
        chown(address.sun_path, request->uid, request->gid) == 0 && chmod(address.sun_path, request->mode & PERMISSIONS) == 0 &&
        rename(address.sun_path, path) == 0 && watch_add(listener, fd, 0))
        return 0;
    int error = errno;
    if (fd >= 0) close(fd);
    return error;
}

static int change(const char *path, const Saya__OfferSocketRequest *request) {
    struct stat status;
    if (stat(path, &status) != 0) return errno;
    if (status.st_uid == request->uid && status.st_gid == request->gid && (status.st_mode & PERMISSIONS) == (request->mode & PERMISSIONS))
        return 0;
    // Nobody may connect by half of a change that is more than the whole.
    if (chmod(path, 0) != 0 || chown(path, request->uid, request->gid) != 0 || chmod(path, request->mode & PERMISSIONS) != 0) return errno;
    return 0;
}

void handle_offer_socket(struct call *call, const void *message) {
    const Saya__OfferSocketRequest *request = message;
    char path[SOCKET_PATH_SIZE];
    if (request->number < 1 || request->number > SOCKETS_LIMIT) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "OfferSocket: number %" PRIu32 " (expected: 1 to %d)", request->number, SOCKETS_LIMIT);
        return;
    }
    struct watch *listener = &listeners[request->number];
    bool there = socket_path(request->number, path);
    if (!there) *listener = (struct watch){.fd = -1, .ready = client_ready};
    int error = there ? change(path, request) : make(listener, path, request);
    if (error != 0)
        call_fail(call, STATUS_INTERNAL, "OfferSocket: %s: %s", path, strerror(error));
    else {
        take_or_leave();
        call_reply_empty(call);
    }
}
