#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"

/* Programs, libraries, firmware: what is the same on every host of its kind. */
static const char *const system_directories[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
static const char *const system_files[] = {"/etc/ld.so.cache", "/dev/null", "/dev/urandom"};

/* The new root, while it is the working directory and "/" is still the host's. */
struct root {
    uid_t uid;
    gid_t gid;
    int result;
};

/* The place of a path in the new root. */
static const char *within(const char *path) {
    return path + strspn(path, "/");
}

static void make_parents(const struct root *root, const char *path) {
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", within(path));
    for (char *slash = directory; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        if (mkdir(directory, 0755) != 0 && errno != EEXIST) child_fail(root->result, "make a directory of the private root for", path);
        *slash = '/';
    }
}

/* All mounts below it as well, where the kernel can (Linux 5.12); before, the mount itself. */
static int restrict_mount(const char *place, unsigned long old_flags, uint64_t attributes) {
    struct mount_attr wanted = {.attr_set = attributes};
    if (mount_setattr(AT_FDCWD, place, AT_RECURSIVE, &wanted, sizeof wanted) == 0) return 0;
    return errno == ENOSYS ? mount(NULL, place, NULL, MS_REMOUNT | MS_BIND | old_flags, NULL) : -1;
}

static void bind_with(const struct root *root, const char *path, unsigned long flags, uint64_t attributes) {
    const char *place = within(path);
    if (mount(path, place, NULL, MS_BIND | MS_REC, NULL) != 0) child_fail(root->result, "bind into the private root:", path);
    if (restrict_mount(place, MS_NOSUID | flags, MOUNT_ATTR_NOSUID | attributes) != 0)
        child_fail(root->result, "restrict in the private root:", path);
}

static void bind(const struct root *root, const char *path, bool device) {
    bind_with(root, path, MS_RDONLY | (device ? MS_NOEXEC : MS_NODEV), MOUNT_ATTR_RDONLY | (device ? MOUNT_ATTR_NOEXEC : MOUNT_ATTR_NODEV));
}

/* The process's own directory, in which it makes its sockets: the only place that it can write to. */
static void bind_own(const struct root *root, const char *path) {
    bind_with(root, path, MS_NODEV | MS_NOEXEC, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

/* A file that only its owner may read: bound, the process could not read it. A page of memory for each of its pages, until the
 * process ends. */
static void copy(const struct root *root, const char *path, int to) {
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (from < 0) child_fail(root->result, "open", path);
    ssize_t n;
    while ((n = sendfile(to, from, NULL, 1 << 20)) > 0) continue;
    if (n < 0 || fchown(to, root->uid, root->gid) != 0 || fchmod(to, 0400) != 0)
        child_fail(root->result, "copy into the private root:", path);
    close(from);
}

static void show_file(const struct root *root, const char *path, const struct stat *s) {
    int fd = open(within(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (fd < 0) {
        if (errno == EEXIST) return;
        child_fail(root->result, "make in the private root:", path);
    }
    bool readable = (s->st_mode & S_IROTH) || root->uid == 0;
    if (!readable) copy(root, path, fd);
    close(fd);
    if (readable) bind(root, path, false);
}

/* A node of its own belongs to the process alone. Where none can be made (a user namespace, a devices cgroup that denies it) it
 * is the host's, and the process gets the group that may use that. */
static void show_device(const struct root *root, const char *path, const struct stat *s) {
    const char *place = within(path);
    if (mknod(place, (s->st_mode & S_IFMT) | 0600, s->st_rdev) == 0) {
        if (chown(place, root->uid, root->gid) != 0) child_fail(root->result, "device of the private root:", path);
        return;
    }
    if (errno == EEXIST) return;
    int fd = open(place, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
    gid_t group = s->st_gid;
    if (fd < 0 || close(fd) != 0 || setgroups(1, &group) != 0) child_fail(root->result, "device of the private root:", path);
    bind(root, path, true);
}

static void show(const struct root *root, const char *path, bool required) {
    struct stat s;
    if (path[0] != '/' || strlen(path) >= PATH_MAX || stat(path, &s) != 0) {
        if (required) child_fail(root->result, "show in the private root:", path);
        return;
    }
    struct stat there;
    if (stat(within(path), &there) == 0 && there.st_ino == s.st_ino && there.st_dev == s.st_dev) return; /* part of a system directory */
    make_parents(root, path);
    if (S_ISDIR(s.st_mode)) {
        if (mkdir(within(path), 0755) != 0 && errno != EEXIST) child_fail(root->result, "make in the private root:", path);
        if (s.st_uid == root->uid && root->uid != 0)
            bind_own(root, path);
        else
            bind(root, path, false);
    } else if (S_ISCHR(s.st_mode) || S_ISBLK(s.st_mode)) {
        show_device(root, path, &s);
    } else {
        show_file(root, path, &s);
    }
}

static void show_system(const struct root *root) {
    for (size_t i = 0; i < sizeof system_directories / sizeof *system_directories; i++) {
        const char *path = system_directories[i];
        char target[PATH_MAX];
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length <= 0) {
            show(root, path, false);
            continue;
        }
        target[length] = 0;
        if (symlink(target, within(path)) != 0) child_fail(root->result, "link in the private root:", path);
    }
    for (size_t i = 0; i < sizeof system_files / sizeof *system_files; i++) show(root, system_files[i], false);
}

void root_confine(const struct spawn *spawn, uid_t uid, gid_t gid, int result) {
    const struct root root = {.uid = uid, .gid = gid, .result = result};
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) child_fail(result, "mounts of its own for", spawn->argv[0]);
    /* Over a directory that every host has and that nothing shown lies below; nobody else sees this mount. */
    const char *place = "/proc";
    if (mount("saya", place, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,nr_inodes=1k") != 0 || chdir(place) != 0)
        child_fail(result, "private root at", place);
    mode_t mask = umask(0);
    show_system(&root);
    for (size_t i = 0; spawn->shown && spawn->shown[i]; i++) show(&root, spawn->shown[i], true);
    umask(mask);
    if (mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC, NULL) != 0)
        child_fail(result, "make read-only:", "the private root");
    /* The old root comes to lie over the new one (pivot_root(2)), and is taken away with all its mounts. */
    if (syscall(SYS_pivot_root, ".", ".") == 0) {
        if (umount2(".", MNT_DETACH) != 0) child_fail(result, "unmount", "the host's root");
    } else if (errno != EINVAL || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0) {
        child_fail(result, "go below", "the private root"); /* EINVAL: the host's is an initramfs, which cannot be taken away */
    }
    if (chdir("/") != 0) child_fail(result, "go to the top of", "the private root");
}
