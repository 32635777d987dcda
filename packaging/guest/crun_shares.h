// Files that lie on shares of the host's, for Debian's crun; see adapt_crun in crun.sh. Whoever goes to one may wait for the host for as
// long as that likes, and no signal ends that: the agent never does, crun may.

#ifndef CRUN_SHARES_H
#define CRUN_SHARES_H

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
