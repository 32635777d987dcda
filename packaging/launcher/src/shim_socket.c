#define _GNU_SOURCE
#include "shim_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "files.h"

#define LOCK_LIMIT_MS 5000
#define BACKLOG 1024

static struct sockaddr_un unix_address(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

/* Between bind and listen a socket refuses like a dead one, and between looking and unlinking a dead
 * one can become a live one. So whoever changes the directory locks it; the lock is held for microseconds. */
static int lock_directory(const char *path) {
    char directory[128];
    const char *slash = strrchr(path, '/');
    snprintf(directory, sizeof directory, "%.*s", (int)(slash - path), path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && directory_make(directory, 0711) == 0) {
        chmod(directory, 0700);
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (fd >= 0 && lock_within(fd, LOCK_LIMIT_MS) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

bool shim_socket_answers(const char *path) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return false;
    struct sockaddr_un address = unix_address(path);
    /* EAGAIN: a daemon with a full backlog is busy, not dead. */
    bool answers = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN;
    close(fd);
    return answers;
}

static int bind_and_listen(const char *path, struct shim_socket *claimed) {
    struct sockaddr_un address = unix_address(path);
    claimed->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (claimed->fd < 0) return -1;
    struct stat s;
    /* The mode of the file is that of the socket at the time of bind. */
    if (fchmod(claimed->fd, 0600) != 0 || bind(claimed->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(claimed->fd, BACKLOG) != 0 || lstat(path, &s) != 0) {
        int error = errno;
        close(claimed->fd);
        claimed->fd = -1;
        errno = error;
        return -1;
    }
    claimed->device = s.st_dev;
    claimed->inode = s.st_ino;
    return 0;
}

int shim_socket_claim(const char *path, bool may_create, struct shim_socket *claimed, struct fault *f) {
    *claimed = (struct shim_socket){.fd = -1};
    if (shim_socket_answers(path)) return 0;
    if (!may_create)
        return fault(f,
                     "socket %s: nobody answers: the sandbox of this container is gone "
                     "(expected: its sandbox started before; create the pod again)",
                     path);
    int lock = lock_directory(path);
    if (lock < 0) return fault(f, "lock of the directory of socket %s: %s", path, strerror(errno));
    int result = 0;
    if (!shim_socket_answers(path)) {
        if ((unlink(path) != 0 && errno != ENOENT) || bind_and_listen(path, claimed) != 0)
            result = fault(f, "socket %s: %s", path, strerror(errno));
    }
    close(lock);
    return result;
}

void shim_socket_release(const char *path, const struct shim_socket *claimed) {
    int lock = lock_directory(path);
    struct stat s;
    if (lstat(path, &s) == 0 && s.st_dev == claimed->device && s.st_ino == claimed->inode) unlink(path);
    if (lock >= 0) close(lock);
}

void shim_socket_remove_stale(const char *path) {
    int lock = lock_directory(path);
    struct stat s;
    if (lstat(path, &s) == 0 && S_ISSOCK(s.st_mode) && !shim_socket_answers(path)) unlink(path);
    if (lock >= 0) close(lock);
}
