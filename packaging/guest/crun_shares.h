// Files that lie on shares of the host's, for Debian's crun; see adapt_crun in crun.sh. Whoever goes to one may wait for the host for as
// long as that likes, and no signal ends that: the agent never does, crun may.

#ifndef CRUN_SHARES_H
#define CRUN_SHARES_H

#include <linux/openat2.h>
#include <stdint.h>
#include <sys/syscall.h>

#define SHARED_DIRECTORY "/run/kata-containers/shared/containers/"

// A share becomes a mount of the guest's where somebody first walks into it, and only in the mount namespace of who does. If that were the
// container's, each container had a file system of its own, and locks and mapped pages that the next does not know. So the volumes are
// walked into before there is a container. What is no directory, or is not there, is told later.
static inline void enter_volumes(runtime_spec_schema_config_schema *def) {
    size_t i;

    for (i = 0; i < def->mounts_len; i++) {
        const char *source = def->mounts[i]->source;
        int fd;

        if (source == NULL || strncmp(source, SHARED_DIRECTORY, sizeof(SHARED_DIRECTORY) - 1) != 0) continue;
        fd = open(source, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0) close(fd);
    }
}

// Whether a source is inside a volume, which other containers may write to.
static inline int is_inside_volume(const char *source) {
    static const char volumes[] = SHARED_DIRECTORY ".volumes/";

    return source != NULL && strncmp(source, volumes, sizeof(volumes) - 1) == 0 && strchr(source + sizeof(volumes) - 1, '/') != NULL;
}

// The tree at a source inside a volume, to be mounted in the container; less than 0: it is not to be had. Another container may have put a
// link in its place, which would lead out of the volume to the guest's own files, so none is followed. Of the options it has those that
// crun sets with a bind.
static inline int tree_inside_volume(const runtime_spec_schema_defs_mount *mount) {
    static const struct {
        const char *word;
        uint64_t flag;
    } flags[] = {{"nosuid", 0x2}, {"nodev", 0x4}, {"noexec", 0x8}}; // MOUNT_ATTR_
    struct {
        uint64_t set, clear, propagation, user_namespace;
    } change = {0};
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, mount->source, &how, sizeof(how));
    int tree = fd < 0 ? -1 : (int)syscall(SYS_open_tree, fd, "", AT_EMPTY_PATH | AT_RECURSIVE | 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
    int error = errno;

    if (fd >= 0) close(fd);
    for (size_t i = 0; i < mount->options_len; i++) {
        for (size_t j = 0; j < sizeof(flags) / sizeof(*flags); j++)
            if (strcmp(mount->options[i], flags[j].word) == 0) change.set |= flags[j].flag;
    }
    if (tree >= 0 && syscall(442 /* mount_setattr */, tree, "", AT_EMPTY_PATH, &change, sizeof(change)) < 0) {
        error = errno;
        close(tree);
        tree = -1;
    }
    errno = error;
    return tree;
}

// In a container: has the kernel ask the host how the files are now that tell a program its name and where others are. The host may have
// written them, and the kernel takes what it has seen of a shared file for true for a second.
static inline void look_at_name_files(void) {
    static const char *const names[] = {"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct statx now;
        int ret = statx(AT_FDCWD, names[i], AT_STATX_FORCE_SYNC | AT_SYMLINK_NOFOLLOW, STATX_SIZE | STATX_MTIME, &now);
        (void)ret; // What is not there is none of them.
    }
}

#endif
