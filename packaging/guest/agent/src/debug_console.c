#include "debug_console.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "children.h"
#include "log.h"
#include "loop.h"
#include "transport.h"

enum { RESTART_MS = 1000, SESSIONS_LIMIT = 4 };

static const char shell_path[] = "/bin/sh";
static const char *const shell_arguments[] = {"sh", "-i", NULL};

static int start_shell(struct child *child, int terminal, void (*exited)(struct child *child, int wait_status)) {
    struct spawn spawn;
    spawn_init(&spawn);
    spawn.path = shell_path;
    spawn.arguments = shell_arguments;
    spawn.new_session = true;
    for (int i = 0; i <= STDERR_FILENO; i++) spawn.fds[i] = terminal;
    return child_spawn(child, &spawn, exited);
}

// ---- on the console

static struct child console_shell;
static struct timer restart;

static void console_shell_exited(struct child *child, int wait_status) {
    (void)child;
    (void)wait_status;
    timer_start(&restart, RESTART_MS);
}

static void start_on_console(struct timer *timer) {
    (void)timer;
    int fd = open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);
    int error = fd < 0 ? errno : start_shell(&console_shell, fd, console_shell_exited);
    if (error != 0) log_error("debug console: %s", strerror(error));
    if (fd >= 0) close(fd);
}

void debug_console_on_console(void) {
    timer_init(&restart, start_on_console);
    start_on_console(&restart);
}

// ---- on a connection

// Bytes from one side to the other; the side they come from is not read while the other does not take them.
struct relay {
    char bytes[4096];
    size_t begin, end;
};

struct session {
    struct watch peer, terminal;
    struct relay in, out;
    struct child shell;
};

static unsigned sessions;

static void close_watch(struct watch *watch) {
    int fd = watch->fd;
    watch_remove(watch);
    if (fd >= 0) close(fd);
}

// The shell learns from the terminal's hang-up; the session is freed when both are over.
static void close_session(struct session *session) {
    close_watch(&session->peer);
    close_watch(&session->terminal);
    if (session->shell.pid != 0) return;
    sessions--;
    free(session);
}

// Moves what can be moved. False at the end of the source or when the target is gone.
static bool move(int from, int to, struct relay *relay) {
    for (;;) {
        if (relay->begin == relay->end) {
            ssize_t count = read(from, relay->bytes, sizeof relay->bytes);
            if (count <= 0) return count < 0 && errno == EAGAIN;
            relay->begin = 0;
            relay->end = (size_t)count;
        }
        ssize_t count = write(to, relay->bytes + relay->begin, relay->end - relay->begin);
        if (count < 0) return errno == EAGAIN;
        relay->begin += (size_t)count;
    }
}

static void move_both(struct session *session) {
    if (!move(session->peer.fd, session->terminal.fd, &session->in) || !move(session->terminal.fd, session->peer.fd, &session->out))
        close_session(session);
}

static void peer_ready(struct watch *watch, uint32_t events) {
    (void)events;
    move_both(container_of(watch, struct session, peer));
}

static void terminal_ready(struct watch *watch, uint32_t events) {
    (void)events;
    move_both(container_of(watch, struct session, terminal));
}

static void shell_exited(struct child *child, int wait_status) {
    (void)wait_status;
    struct session *session = container_of(child, struct session, shell);
    if (session->terminal.fd >= 0) move(session->terminal.fd, session->peer.fd, &session->out); // its last words
    close_session(session);
}

// Opens a terminal and starts a shell on its other side. 0 or an errno.
static int open_terminal(struct session *session) {
    int unlock = 0, master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0) goto failed;
    int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0) goto failed;
    int error = start_shell(&session->shell, slave, shell_exited);
    close(slave);
    if (error == 0 && watch_add(&session->terminal, master, EPOLLIN | EPOLLOUT | EPOLLET)) return 0;
    if (error != 0) errno = error;
failed:
    error = errno;
    if (master >= 0) close(master);
    return error;
}

static void accept_ready(struct watch *watch, uint32_t events) {
    (void)events;
    int fd = accept_trusted(watch);
    struct session *session = fd < 0 || sessions == SESSIONS_LIMIT ? NULL : calloc(1, sizeof *session);
    if (session == NULL) {
        if (fd >= 0) close(fd);
        return;
    }
    sessions++;
    session->peer = (struct watch){.fd = -1, .ready = peer_ready};
    session->terminal = (struct watch){.fd = -1, .ready = terminal_ready};
    int error = open_terminal(session);
    if (error == 0 && watch_add(&session->peer, fd, EPOLLIN | EPOLLOUT | EPOLLET)) return;
    log_error("debug console: %s", strerror(error != 0 ? error : errno));
    close(fd);
    close_session(session);
}

static struct watch listener;

bool debug_console_on_vsock(unsigned port) {
    return listen_vsock(&listener, port, accept_ready);
}

bool debug_console_on_unix(const char *path) {
    return listen_unix(&listener, path, accept_ready);
}
