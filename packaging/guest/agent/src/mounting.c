#include "mounting.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

struct option {
    const char *word;
    unsigned long set, clear;
};

static const struct option known_options[] = {
    {"defaults", 0, 0},
    {"ro", MS_RDONLY, 0},
    {"rw", 0, MS_RDONLY},
    {"nosuid", MS_NOSUID, 0},
    {"suid", 0, MS_NOSUID},
    {"nodev", MS_NODEV, 0},
    {"dev", 0, MS_NODEV},
    {"noexec", MS_NOEXEC, 0},
    {"exec", 0, MS_NOEXEC},
    {"sync", MS_SYNCHRONOUS, 0},
    {"async", 0, MS_SYNCHRONOUS},
    {"dirsync", MS_DIRSYNC, 0},
    {"noatime", MS_NOATIME, 0},
    {"atime", 0, MS_NOATIME},
    {"nodiratime", MS_NODIRATIME, 0},
    {"diratime", 0, MS_NODIRATIME},
    {"relatime", MS_RELATIME, 0},
    {"norelatime", 0, MS_RELATIME},
    {"strictatime", MS_STRICTATIME, 0},
    {"nostrictatime", 0, MS_STRICTATIME},
    {"mand", MS_MANDLOCK, 0},
    {"nomand", 0, MS_MANDLOCK},
    {"silent", MS_SILENT, 0},
    {"loud", 0, MS_SILENT},
    {"iversion", MS_I_VERSION, 0},
    {"noiversion", 0, MS_I_VERSION},
    {"remount", MS_REMOUNT, 0},
    {"bind", MS_BIND, 0},
    {"rbind", MS_BIND | MS_REC, 0},
    {"private", MS_PRIVATE, 0},
    {"rprivate", MS_PRIVATE | MS_REC, 0},
    {"shared", MS_SHARED, 0},
    {"rshared", MS_SHARED | MS_REC, 0},
    {"slave", MS_SLAVE, 0},
    {"rslave", MS_SLAVE | MS_REC, 0},
    {"unbindable", MS_UNBINDABLE, 0},
    {"runbindable", MS_UNBINDABLE | MS_REC, 0},
};

static const unsigned long propagation_flags = MS_PRIVATE | MS_SHARED | MS_SLAVE | MS_UNBINDABLE;

static const struct option *find_option(const char *word) {
    for (size_t i = 0; i < sizeof known_options / sizeof known_options[0]; i++)
        if (strcmp(known_options[i].word, word) == 0) return &known_options[i];
    return NULL;
}

// Sorts the words; what is no flag is joined with commas. False if that is longer than the kernel takes (one page).
static bool sort_options(char *const *options, size_t count, unsigned long *flags, char *data, size_t size) {
    size_t used = 0;
    data[0] = 0;
    for (size_t i = 0; i < count; i++) {
        const struct option *option = find_option(options[i]);
        if (option != NULL) {
            *flags = (*flags & ~option->clear) | option->set;
            continue;
        }
        int written = snprintf(data + used, size - used, "%s%s", used > 0 ? "," : "", options[i]);
        if (written < 0 || (size_t)written >= size - used) return false;
        used += (size_t)written;
    }
    return true;
}

static bool make_target(const char *source, const char *target, bool bind) {
    struct stat status;
    if (!bind || stat(source, &status) < 0 || S_ISDIR(status.st_mode)) return make_directories(target);
    char parent[4096];
    snprintf(parent, sizeof parent, "%s", target);
    char *slash = strrchr(parent, '/');
    if (slash != NULL && slash != parent) {
        *slash = 0;
        if (!make_directories(parent)) return false;
    }
    int fd = open(target, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) return errno == EISDIR;
    close(fd);
    return true;
}

static bool do_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    unsigned long propagation = flags & propagation_flags;
    unsigned long plain = flags & ~(propagation_flags | (propagation != 0 && (flags & MS_BIND) == 0 ? MS_REC : 0));
    if (mount(source, target, type, plain, data) < 0) return false;
    // A bind mount takes flags such as read-only only when it is remounted, propagation only in a call of its own.
    unsigned long extra = plain & ~(unsigned long)(MS_BIND | MS_REC | MS_SILENT);
    if ((plain & MS_BIND) != 0 && extra != 0 && mount(NULL, target, NULL, MS_BIND | MS_REMOUNT | extra, NULL) < 0) {
        int error = errno;
        umount2(target, MNT_DETACH);
        errno = error;
        return false;
    }
    return propagation == 0 || mount(NULL, target, NULL, propagation | (flags & MS_REC), NULL) == 0;
}

bool mount_with_options(const char *source, const char *target, const char *type, char *const *options, size_t count, char *error,
                        size_t error_size) {
    char data[4096];
    unsigned long flags = strcmp(type, "bind") == 0 ? MS_BIND : 0;
    if (!sort_options(options, count, &flags, data, sizeof data)) {
        snprintf(error, error_size, "mount %s: the options are longer than a page", target);
        return false;
    }
    if (!make_target(source, target, (flags & MS_BIND) != 0)) {
        snprintf(error, error_size, "mount %s: cannot make the mount point: %s", target, strerror(errno));
        return false;
    }
    if (do_mount(source, target, type, flags, data)) return true;
    int reason = errno;
    snprintf(error, error_size, "mount %s (type %s) on %s with flags %#lx, options \"%s\": %s", source, type, target, flags, data,
             strerror(reason));
    errno = reason;
    return false;
}

bool is_mounted(const char *target, const char *type) {
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    if (mounts == NULL) return false;
    struct mntent *entry;
    bool found = false;
    size_t length = strlen(target);
    while (length > 1 && target[length - 1] == '/') length--;
    while (!found && (entry = getmntent(mounts)) != NULL)
        found = strncmp(entry->mnt_dir, target, length) == 0 && entry->mnt_dir[length] == 0 &&
                (type == NULL || strcmp(entry->mnt_type, type) == 0);
    endmntent(mounts);
    return found;
}
