#define _GNU_SOURCE
#include "call_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "files.h"
#include "processes.h"

#define SOCKET_NAME "relay.sock"
#define NO_DESCRIPTORS_MS 500 /* a rest, rather than a try at each turn */
#define FULL_QUEUE_MS 20      /* of the daemon's socket */
#define DESCRIPTORS 4096u

/* Two for each connection; the limit that a service has by default would do for a pod of 200 containers. */
static void allow_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS) return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit); /* not worth failing for */
}

int relay_begin(struct relay *r, int listener, const char *run_directory) {
    int flags = fcntl(listener, F_GETFL);
    struct sockaddr_un address;
    if (snprintf(r->socket, sizeof r->socket, "%s/%s", run_directory, SOCKET_NAME) >= (int)sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (flags < 0 || fcntl(listener, F_SETFL, flags | O_NONBLOCK) != 0) return -1;
    r->listener = listener;
    allow_descriptors();
    return 0;
}

void relay_serves(struct relay *r, pid_t daemon) {
    r->daemon = daemon;
    r->dying = false;
    r->connects = 1; /* at once */
}

void relay_expect_end(struct relay *r) {
    r->dying = true;
    for (size_t i = 0; i < r->count; i++) r->lines[i]->deaf = true;
}

/* The daemon has closed its end, or serves no longer. */
static void hung_up(const struct relay *r, struct line *line) {
    if (r->dying || process_is_ending(r->daemon))
        line->parted = true;
    else
        line->daemon_ended = true;
}

/* As the daemon has it (PeerCheck), and containerd on its side. */
static bool is_own_user(int fd) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid() && peer.gid == getegid();
}

static void accept_one(struct relay *r) {
    int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) r->rests = now_ms() + NO_DESCRIPTORS_MS;
        return;
    }
    if (r->count == RELAY_LINES || !is_own_user(fd)) {
        close(fd);
        return;
    }
    r->lines[r->count++] = line_new(fd);
    if (r->daemon > 0 && !r->dying) r->connects = 1;
}

static void forget(struct relay *r, size_t i) {
    line_free(r->lines[i]);
    r->lines[i] = r->lines[--r->count];
}

/* False if there is no answer yet, and it is to be tried again. */
static bool connect_line(const struct relay *r, struct line *line) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", r->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
        line->daemon = fd;
        return true;
    }
    int error = errno;
    if (fd >= 0) close(fd);
    if (error == EAGAIN || error == EINTR || error == EMFILE || error == ENFILE || error == ENOMEM) return false;
    hung_up(r, line);
    return true;
}

static void connect_lines(struct relay *r) {
    r->connects = 0;
    if (r->dying) return;
    for (size_t i = 0; i < r->count; i++) {
        struct line *line = r->lines[i];
        if (line->daemon < 0 && !line->daemon_ended && !line->parted && !connect_line(r, line)) r->connects = now_ms() + FULL_QUEUE_MS;
    }
}

static void shorten(int *timeout, long long until) {
    long long left = until - now_ms();
    if (left < 0) left = 0;
    if (*timeout < 0 || left < *timeout) *timeout = (int)left;
}

static struct pollfd wait_for(int fd, short events) {
    /* Who waits for nothing is not to be told of an end again and again. */
    return (struct pollfd){.fd = events != 0 ? fd : -1, .events = events};
}

nfds_t relay_poll(const struct relay *r, struct pollfd *fds, int *timeout) {
    nfds_t n = 0;
    if (r->listener < 0) return 0;
    bool rests = r->rests > now_ms();
    if (rests) shorten(timeout, r->rests);
    if (r->connects != 0 && r->daemon > 0) shorten(timeout, r->connects);
    fds[n++] = wait_for(r->listener, rests ? 0 : POLLIN);
    for (size_t i = 0; i < r->count; i++) {
        fds[n++] = wait_for(r->lines[i]->client, line_client_events(r->lines[i]));
        fds[n++] = wait_for(r->lines[i]->daemon, line_daemon_events(r->lines[i]));
    }
    return n;
}

void relay_turn(struct relay *r, const struct pollfd *fds) {
    if (r->listener < 0) return;
    for (size_t i = r->count; i-- > 0;) { /* what is forgotten is replaced by one that had its turn */
        struct line *line = r->lines[i];
        if (fds[1 + 2 * i].revents) line_client_ready(line);
        if (fds[2 + 2 * i].revents && !line_daemon_ready(line)) hung_up(r, line);
        if (line_is_over(line)) forget(r, i);
    }
    if (fds[0].revents) accept_one(r);
    if (r->daemon > 0 && r->connects != 0 && now_ms() >= r->connects) connect_lines(r);
}

bool relay_part(struct relay *r) {
    bool rests = true;
    r->daemon = 0;
    unlink(r->socket); /* the next one binds it */
    for (size_t i = r->count; i-- > 0;) {
        if (!line_part(r->lines[i])) rests = false;
        if (line_is_over(r->lines[i])) forget(r, i);
    }
    return rests;
}

void relay_refuse(struct relay *r) {
    if (r->listener >= 0) {
        shutdown(r->listener, SHUT_RDWR); /* a child that was just forked may have a copy */
        close(r->listener);
    }
    r->listener = -1;
}

void relay_end(struct relay *r, int milliseconds) {
    relay_refuse(r);
    long long deadline = now_ms() + milliseconds;
    for (size_t i = r->count; i-- > 0;) {
        struct line *line = r->lines[i];
        line_part(line);
        line->daemon_ended = true;
        while (!line_is_over(line)) {
            struct pollfd p = {.fd = line->client, .events = POLLOUT};
            long long left = deadline - now_ms();
            if (left <= 0 || poll(&p, 1, (int)left) <= 0) break;
            line_client_ready(line);
        }
        forget(r, i);
    }
}
