#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "overlay.h"

#define REMOUNT_ALL (MS_REMOUNT | MS_BIND | MS_REC)
#define OPTIONS_LIMIT 4095 /* of a page, with the NUL */

/* The part of the path below the directory, or NULL. */
static const char *below(const char *path, const char *directory) {
    size_t length = strlen(directory);
    return length > 0 && strncmp(path, directory, length) == 0 && path[length] == '/' && path[length + 1] ? path + length + 1 : NULL;
}

/* Opens a path of which no component below the directory may be a symbolic link. */
static int open_confined(const char *directory, const char *rest) {
    int base = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (base < 0 || *rest == 0) return base;
    struct open_how how = {.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall(SYS_openat2, base, rest, &how, sizeof how);
    int error = errno;
    close(base);
    errno = error;
    return fd;
}

/* mount(2) remounts one mount, and takes from it what is not named; this adds, to it and to all below it (Linux 5.12). */
static int add_attributes(const char *target, uint64_t flags) {
    struct mount_attr attributes = {.propagation = flags & (MS_PRIVATE | MS_SLAVE | MS_SHARED | MS_UNBINDABLE)};
    if (flags & MS_RDONLY) attributes.attr_set |= MOUNT_ATTR_RDONLY;
    if (flags & MS_NOSUID) attributes.attr_set |= MOUNT_ATTR_NOSUID;
    if (flags & MS_NODEV) attributes.attr_set |= MOUNT_ATTR_NODEV;
    if (flags & MS_NOEXEC) attributes.attr_set |= MOUNT_ATTR_NOEXEC;
    return mount_setattr(AT_FDCWD, target, AT_RECURSIVE, &attributes, sizeof attributes);
}

static int do_mount(const struct mount_call *call) {
    char target[64], directory[PATH_MAX], shorter[64 * 1024];
    const char *data = call->data;
    /* Runs in a process of its own, so it may go where it wants. */
    if (strcmp(call->type, "overlay") == 0 && strlen(data) >= OPTIONS_LIMIT &&
        overlay_shorten(data, directory, sizeof directory, shorter, sizeof shorter)) {
        if (chdir(directory) != 0) return -1;
        data = shorter;
    }
    if (strlen(data) >= OPTIONS_LIMIT) { /* the kernel would cut them off without a word */
        errno = E2BIG;
        return -1;
    }
    const char *rest = below(call->target, call->confined);
    if (rest) {
        int fd = open_confined(call->confined, rest);
        if (fd < 0) return -1;
        snprintf(target, sizeof target, "/proc/self/fd/%d", fd);
    }
    if ((call->flags & REMOUNT_ALL) == REMOUNT_ALL) return add_attributes(rest ? target : call->target, call->flags);
    return mount(*call->source ? call->source : "none", rest ? target : call->target, *call->type ? call->type : NULL,
                 (unsigned long)call->flags, *data ? data : NULL);
}

static int do_unmount(const struct mount_call *call) {
    const char *rest = below(call->target, call->confined);
    if (!rest) return umount2(call->target, (int)call->flags);
    /* An open descriptor of the mount itself would keep it busy: go to its parent instead. */
    char parent[PATH_MAX] = "";
    const char *slash = strrchr(rest, '/');
    if (slash) snprintf(parent, sizeof parent, "%.*s", (int)(slash - rest), rest);
    int fd = open_confined(call->confined, parent);
    if (fd < 0 || fchdir(fd) != 0) return -1;
    return umount2(slash ? slash + 1 : rest, (int)call->flags | UMOUNT_NOFOLLOW);
}

struct child *child_mount(const struct mount_call *call, struct child_result *result) {
    struct child *c = child_new(call->unmount ? CHILD_UNMOUNT : CHILD_MOUNT);
    if (c) c->target = strdup(call->target);
    int output, report;
    pid_t pid = c && c->target ? child_fork(c, 0, &output, &report) : -1;
    if (pid == 0) {
        int failed = call->unmount ? do_unmount(call) : do_mount(call);
        child_report(report, failed ? errno : 0, call->unmount ? "unmount" : "mount", call->target);
        _exit(0);
    }
    if (pid < 0) {
        *result = (struct child_result){.error = c ? errno : ENOMEM, .what = "fork for a mount"};
        if (c) child_free(c);
        return NULL;
    }
    return c;
}
