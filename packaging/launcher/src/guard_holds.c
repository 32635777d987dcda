/* Ends of the FIFOs of streams, held beside the daemon's: README.md, "Ends that are held". */
#define _GNU_SOURCE
#include "guard_holds.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of asm-generic/unistd.h, the same on all machines; Debian 11's headers have only the first. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static struct hold holds[HOLD_LIMIT];
static size_t count;
static uint32_t last_handle;

static bool is_that_fifo(const struct stat *s, const struct hold_call *call) {
    return S_ISFIFO(s->st_mode) && s->st_dev == call->device && s->st_ino == call->inode;
}

/* A duplicate of the owner's descriptor; -1 if it is no such end of that FIFO (any more): its number may have become another's since it was
 * looked at. */
static int duplicate(int pidfd, int number, const struct hold_call *call) {
    int fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0); /* closed on exec */
    struct stat s;
    if (fd >= 0 && fstat(fd, &s) == 0 && is_that_fifo(&s, call) && (fcntl(fd, F_GETFL) & O_ACCMODE) == call->access) return fd;
    int error = fd >= 0 ? EBADF : errno;
    if (fd >= 0) close(fd);
    errno = error;
    return -1;
}

/* -1 with the errno of the last failure; ENOENT if there was none to try. */
static int find(DIR *descriptors, int pidfd, const struct hold_call *call) {
    int fd = -1, error = ENOENT;
    struct dirent *entry;
    while (fd < 0 && (entry = readdir(descriptors)) != NULL) {
        struct stat s;
        if (entry->d_name[0] == '.' || fstatat(dirfd(descriptors), entry->d_name, &s, 0) != 0 || !is_that_fifo(&s, call)) continue;
        fd = duplicate(pidfd, atoi(entry->d_name), call);
        if (fd < 0 && errno != EBADF) error = errno;
    }
    errno = error;
    return fd;
}

static int take(const struct hold_call *call) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)call->owner);
    int pidfd = (int)syscall(SYS_pidfd_open, call->owner, 0);
    if (pidfd < 0) return -1;
    int fd = -1;
    DIR *descriptors = opendir(path);
    if (descriptors) fd = find(descriptors, pidfd, call);
    int error = errno;
    if (descriptors) closedir(descriptors);
    close(pidfd);
    errno = error;
    return fd;
}

/* Half of what may be open is left for pipes of children. */
static bool too_many(int fd) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && (rlim_t)fd >= limit.rlim_cur / 2;
}

const struct hold *holds_take(const struct hold_call *call) {
    int fd = count == HOLD_LIMIT ? -1 : take(call);
    if (count == HOLD_LIMIT || (fd >= 0 && too_many(fd))) {
        if (fd >= 0) close(fd);
        errno = EMFILE;
        return NULL;
    }
    if (fd < 0) return NULL;
    holds[count] = (struct hold){.handle = ++last_handle, .fd = fd};
    return &holds[count++];
}

void holds_release(uint32_t handle) {
    for (size_t i = 0; i < count; i++) {
        if (holds[i].handle != handle) continue;
        close(holds[i].fd);
        holds[i] = holds[--count];
        return;
    }
}

void holds_are_the_guards(void) {
    for (size_t i = 0; i < count; i++) close(holds[i].fd);
}
