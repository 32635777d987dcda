#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "child.h"

#define BACKLOG 64 /* a daemon that does not wait is refused beyond it; it makes 32 connections at once */
#define CONFINED_NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS)

static struct child *refuse(struct child_result *result, int error, const char *what, const char *subject) {
    *result = (struct child_result){.error = error};
    snprintf(result->what, sizeof result->what, "%s %s", what, subject);
    return NULL;
}

static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    struct stat s;
    if (lstat(path, &s) == 0 && S_ISSOCK(s.st_mode)) unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    /* The mode of the file is that of the socket at the time of bind. */
    if (fchmod(fd, 0600) == 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        if (listen(fd, BACKLOG) == 0) return fd;
        int error = errno;
        unlink(path);
        errno = error;
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* The program that listens there was started with its socket listening, so nothing is waited for: a full backlog is an error. */
static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 && fcntl(fd, F_SETFL, 0) == 0) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* Whose context id it is, the kernel says (EADDRINUSE): it is taken here, so that QEMU finds it taken for its own descriptor. */
static int open_vsock(const char *context_id) {
    char *end;
    errno = 0;
    uint64_t cid = strtoull(context_id, &end, 10);
    if (errno != 0 || *end != 0 || cid < 3 || cid >= UINT32_MAX) {
        errno = EINVAL;
        return -1;
    }
    int fd = open("/dev/vhost-vsock", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || ioctl(fd, VHOST_VSOCK_SET_GUEST_CID, &cid) == 0) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* A tap can only be opened inside its namespace, but the number must stand in argv before that: the
 * number is taken by /dev/null, and the child puts the tap in its place. */
int descriptor_open(const struct descriptor *d) {
    switch (d->kind) {
    case DESCRIPTOR_CONNECT: return connect_to(d->path);
    case DESCRIPTOR_VSOCK: return open_vsock(d->path);
    case DESCRIPTOR_READ: return open(d->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    case DESCRIPTOR_LISTEN: return listen_at(d->path);
    case DESCRIPTOR_OPEN: return open(d->path, O_RDWR | O_CLOEXEC | O_NOCTTY);
    case DESCRIPTOR_HOLD: return open(d->path, O_RDWR | O_EXCL | O_CLOEXEC | O_NOCTTY);
    case DESCRIPTOR_TAP:
    case DESCRIPTOR_TAP_QUEUE:
    case DESCRIPTOR_MACVTAP: return open("/dev/null", O_RDWR | O_CLOEXEC);
    }
    errno = EINVAL;
    return -1;
}

static void close_descriptors(const struct spawn *spawn, size_t count, bool undo) {
    for (size_t i = 0; i < count; i++) {
        close(spawn->descriptors[i].fd);
        if (undo && spawn->descriptors[i].kind == DESCRIPTOR_LISTEN) unlink(spawn->descriptors[i].path);
    }
}

static bool put_in_place_of(const struct spawn *spawn, const char *name, size_t length, struct bytes *out) {
    for (size_t i = 0; i < spawn->descriptor_count; i++) {
        const struct descriptor *d = &spawn->descriptors[i];
        if (strlen(d->name) != length || memcmp(d->name, name, length) != 0) continue;
        char number[16];
        int digits = snprintf(number, sizeof number, "%d", d->fd);
        bytes_append(out, number, (size_t)digits);
        return true;
    }
    return false;
}

/* Replaces %fd:NAME%; NULL with the name of a descriptor that is not there. */
static char *substitute(const struct spawn *spawn, const char *argument, struct child_result *result) {
    struct bytes out = {0};
    const char *p = argument;
    for (const char *mark; (mark = strstr(p, "%fd:"));) {
        const char *end = strchr(mark + 4, '%');
        if (!end) break;
        bytes_append(&out, p, (size_t)(mark - p));
        if (!put_in_place_of(spawn, mark + 4, (size_t)(end - mark - 4), &out)) {
            bytes_free(&out);
            refuse(result, EINVAL, "no descriptor for", argument);
            return NULL;
        }
        p = end + 1;
    }
    bytes_append(&out, p, strlen(p) + 1);
    return (char *)out.data;
}

static void write_setting(const char *path, const char *text, int result) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) child_fail(result, "write", path);
    close(fd);
}

static bool is_tap(const struct descriptor *d) {
    return d->kind == DESCRIPTOR_TAP || d->kind == DESCRIPTOR_TAP_QUEUE || d->kind == DESCRIPTOR_MACVTAP;
}

static void child_main(const struct spawn *spawn, char **argv, int output, int result) {
    setsid();
    if (spawn->oom_score_adj != INT32_MIN) {
        char text[16];
        snprintf(text, sizeof text, "%d", spawn->oom_score_adj);
        write_setting("/proc/self/oom_score_adj", text, result);
    }
    network_enter(spawn->network_namespace, result);
    for (size_t i = 0; i < spawn->descriptor_count; i++) {
        if (is_tap(&spawn->descriptors[i])) descriptor_open_tap(&spawn->descriptors[i], result);
        fcntl(spawn->descriptors[i].fd, F_SETFD, 0);
    }
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) child_fail(result, "stdio", "/dev/null");
    if (spawn->privileges != PRIVILEGES_CONFINED && chdir(spawn->directory) != 0) child_fail(result, "working directory", spawn->directory);
    identity_take(spawn, result);
    child_die_with_guard(result);
    execve(argv[0], argv, spawn->environment); // NOLINT(clang-analyzer-core.NonNullParamChecker): guard_requests.c has seen it
    child_fail(result, "execute", argv[0]);
}

static void free_arguments(char **argv) {
    for (size_t i = 0; argv[i]; i++) free(argv[i]);
    free(argv);
}

static char **arguments(const struct spawn *spawn, struct child_result *result) {
    size_t count = 0;
    while (spawn->argv[count]) count++;
    char **argv = calloc(count + 1, sizeof *argv);
    if (!argv) {
        refuse(result, ENOMEM, "arguments of", spawn->argv[0]);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        argv[i] = substitute(spawn, spawn->argv[i], result);
        if (!argv[i]) {
            free_arguments(argv);
            return NULL;
        }
    }
    return argv;
}

static const char *opening(enum descriptor_kind kind) {
    switch (kind) {
    case DESCRIPTOR_LISTEN: return "listen at";
    case DESCRIPTOR_VSOCK: return "/dev/vhost-vsock with the context id";
    default: return "open";
    }
}

struct child *child_spawn(struct spawn *spawn, struct child_result *result) {
    for (size_t i = 0; i < spawn->descriptor_count; i++) {
        struct descriptor *d = &spawn->descriptors[i];
        d->fd = descriptor_open(d);
        if (d->fd < 0) {
            refuse(result, errno, opening(d->kind), d->path);
            close_descriptors(spawn, i, true);
            return NULL;
        }
    }
    char **argv = arguments(spawn, result);
    struct child *c = argv ? child_new(CHILD_PROCESS) : NULL;
    if (!c) {
        if (argv) {
            free_arguments(argv);
            refuse(result, ENOMEM, "start of", spawn->argv[0]);
        }
        close_descriptors(spawn, spawn->descriptor_count, true);
        return NULL;
    }
    int output, report;
    if (spawn->privileges == PRIVILEGES_CONFINED && spawn->uid == SPAWN_KEEP) spawn->uid = spawn->gid = CONFINED_ID + (uint32_t)getpid();
    pid_t pid = child_fork(c, spawn->privileges == PRIVILEGES_CONFINED ? CONFINED_NAMESPACES : 0, &output, &report);
    if (pid == 0) child_main(spawn, argv, output, report);
    int error = errno;
    close_descriptors(spawn, spawn->descriptor_count, pid < 0);
    free_arguments(argv);
    if (pid < 0) {
        child_free(c);
        return refuse(result, error, "fork for", spawn->argv[0]);
    }
    return c;
}
