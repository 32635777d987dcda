#include "storage_drivers.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "loop_device.h"
#include "mounting.h"
#include "volume_files.h"

enum { OPTIONS_LIMIT = 64 };

static bool fail(char *error, size_t size, const Grpc__Storage *storage, const char *what) {
    snprintf(error, size, "storage %s at %s: %s: %s", storage->driver, storage->mount_point, what, strerror(errno));
    return false;
}

static const char *option_value(const Grpc__Storage *storage, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < storage->n_options; i++)
        if (strncmp(storage->options[i], name, length) == 0 && storage->options[i][length] == '=') return storage->options[i] + length + 1;
    return NULL;
}

static bool parse_id(const char *text, int base, unsigned limit, unsigned *value) {
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, base);
    if (errno != 0 || end == text || *end != 0 || number > limit) {
        errno = EINVAL;
        return false;
    }
    *value = (unsigned)number;
    return true;
}

// ---- groups

static gid_t group_to_give;

static int give_group(const char *path, const struct stat *status, int kind, struct FTW *position) {
    (void)position;
    if (lchown(path, (uid_t)-1, group_to_give) < 0) return -1;
    if (kind == FTW_SL || kind == FTW_SLN) return 0;
    mode_t mode = status->st_mode | (kind == FTW_D ? S_ISGID | S_IRWXG : (status->st_mode & S_IRWXU) >> 3);
    return chmod(path, mode & 07777);
}

static bool apply_fs_group(const Grpc__Storage *storage, char *error, size_t size) {
    if (storage->fs_group == NULL) return true;
    struct stat root;
    if (storage->fs_group->group_change_policy == TYPES__FSGROUP_CHANGE_POLICY__OnRootMismatch && stat(storage->mount_point, &root) == 0 &&
        root.st_gid == storage->fs_group->group_id && (root.st_mode & S_ISGID) != 0)
        return true;
    group_to_give = storage->fs_group->group_id;
    return nftw(storage->mount_point, give_group, 16, FTW_PHYS | FTW_MOUNT) == 0 || fail(error, size, storage, "group");
}

// The `fsgid` option of ephemeral and local storages.
static bool apply_fsgid(const Grpc__Storage *storage, char *error, size_t size) {
    const char *text = option_value(storage, "fsgid");
    unsigned group;
    if (text == NULL) return true;
    struct stat status;
    return (parse_id(text, 10, UINT32_MAX - 1, &group) && stat(storage->mount_point, &status) == 0 &&
            chown(storage->mount_point, (uid_t)-1, group) == 0 &&
            chmod(storage->mount_point, (status.st_mode & 07777) | S_ISGID | S_IRWXG) == 0) ||
           fail(error, size, storage, "fsgid");
}

// ---- drivers

static bool mount_as_given(const Grpc__Storage *storage, const char *source, char *error, size_t size) {
    return is_mounted(storage->mount_point, storage->fstype) ||
           mount_with_options(source, storage->mount_point, storage->fstype, storage->options, storage->n_options, error, size);
}

static bool run_mount(const Grpc__Storage *storage, const char *source, char *error, size_t size) {
    return mount_as_given(storage, source, error, size) && apply_fs_group(storage, error, size);
}

static bool reserve_huge_pages(const Grpc__Storage *storage, const char *options, char *error, size_t size) {
    unsigned long long page = 0, bytes = 0;
    if (sscanf(options, "pagesize=%llu,size=%llu", &page, &bytes) != 2 || page < 1024 || bytes == 0) {
        errno = EINVAL;
        return fail(error, size, storage, "options are not pagesize=BYTES,size=BYTES");
    }
    char path[128], text[32];
    uint64_t have;
    snprintf(path, sizeof path, "/sys/kernel/mm/hugepages/hugepages-%llukB/nr_hugepages", page / 1024);
    if (!read_number(path, &have)) return fail(error, size, storage, path);
    uint64_t wanted = have + bytes / page;
    snprintf(text, sizeof text, "%llu", (unsigned long long)wanted);
    if (!write_text(path, text) || !read_number(path, &have)) return fail(error, size, storage, path);
    errno = ENOMEM;
    return have >= wanted || fail(error, size, storage, "not enough huge pages in the guest");
}

static bool run_ephemeral(const Grpc__Storage *storage, char *error, size_t size) {
    if (strcmp(storage->fstype, "hugetlbfs") == 0) {
        for (size_t i = 0; i < storage->n_options; i++)
            if (strncmp(storage->options[i], "pagesize=", 9) == 0 && !reserve_huge_pages(storage, storage->options[i], error, size))
                return false;
        return mount_as_given(storage, storage->source, error, size);
    }
    // Clients of Kata's agent count on the options of a tmpfs not being applied here but in UpdateEphemeralMounts; a size above
    // what the guest has is harmless either way, a mode is not: a shm without its 1777 is of no use to an unprivileged user.
    char *options[OPTIONS_LIMIT];
    size_t count = 0;
    for (size_t i = 0; i < storage->n_options && count < OPTIONS_LIMIT; i++)
        if (strncmp(storage->options[i], "fsgid=", 6) != 0) options[count++] = storage->options[i];
    return is_mounted(storage->mount_point, storage->fstype) ||
           (mount_with_options(storage->source, storage->mount_point, storage->fstype, options, count, error, size) &&
            apply_fsgid(storage, error, size));
}

static bool run_local(const Grpc__Storage *storage, char *error, size_t size) {
    const char *text = option_value(storage, "mode");
    unsigned mode = 0755;
    if (text != NULL && !parse_id(text, 8, 07777, &mode)) return fail(error, size, storage, "mode");
    if (!make_directories(storage->mount_point) || chmod(storage->mount_point, mode) < 0)
        return fail(error, size, storage, "make directory");
    return apply_fsgid(storage, error, size);
}

// A file with a file system in it, such as one that the host shares.
static bool run_loop(const Grpc__Storage *storage, char *error, size_t size) {
    char device[64];
    bool read_only = false;
    for (size_t i = 0; i < storage->n_options; i++) read_only = read_only || strcmp(storage->options[i], "ro") == 0;
    int fd = loop_device_attach(storage->source, read_only, device, sizeof device, error, size);
    if (fd < 0) return false;
    bool mounted = run_mount(storage, device, error, size);
    close(fd);
    return mounted;
}

// An upper directory's owner and mode are those of the overlay's root: they are the image's.
static bool make_upper(const Grpc__Storage *storage, const char *directory) {
    const char *upper = option_value(storage, "upperdir"), *lower = option_value(storage, "lowerdir");
    bool is_new = access(directory, F_OK) < 0;
    if (!make_directories(directory)) return false;
    if (!is_new || upper == NULL || lower == NULL || strcmp(upper, directory) != 0) return true;
    struct stat status;
    char first[4096];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(lower, ":"), lower);
    return stat(first, &status) == 0 && chown(directory, status.st_uid, status.st_gid) == 0 &&
           chmod(directory, status.st_mode & 07777) == 0;
}

// A directory that the host has mounted is an automount point here until somebody enters it, and overlayfs refuses those.
static bool enter_lower(const Grpc__Storage *storage) {
    const char *lower = option_value(storage, "lowerdir");
    while (lower != NULL && *lower != 0) {
        char path[4096];
        size_t length = strcspn(lower, ":");
        snprintf(path, sizeof path, "%.*s", (int)length, lower);
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) return false;
        close(fd);
        lower += length + (lower[length] == ':');
    }
    return true;
}

static bool run_overlay(const Grpc__Storage *storage, char *error, size_t size) {
    static const char create[] = "io.katacontainers.volume.overlayfs.create_directory=";
    if (!enter_lower(storage)) return fail(error, size, storage, "lower directory");
    for (size_t i = 0; i < storage->n_driver_options; i++)
        if (strncmp(storage->driver_options[i], create, sizeof create - 1) == 0 &&
            !make_upper(storage, storage->driver_options[i] + sizeof create - 1))
            return fail(error, size, storage, storage->driver_options[i]);
    char upper[4200], work[4200], *options[OPTIONS_LIMIT + 2];
    size_t count = 0;
    bool writable = false;
    for (size_t i = 0; i < storage->n_options && count < OPTIONS_LIMIT; i++) {
        if (strcmp(storage->options[i], "io.katacontainers.fs-opt.overlay-rw") == 0)
            writable = true;
        else
            options[count++] = storage->options[i];
    }
    if (writable) {
        // Beside the mount point, which is <bundle>/rootfs: on the guest's tmpfs, gone with the container.
        static const char upper_word[] = "upperdir=", work_word[] = "workdir=";
        snprintf(upper, sizeof upper, "%s%.4000s/../upper", upper_word, storage->mount_point);
        snprintf(work, sizeof work, "%s%.4000s/../work", work_word, storage->mount_point);
        if (!make_directories(storage->mount_point) || !make_directories(upper + sizeof upper_word - 1) ||
            !make_directories(work + sizeof work_word - 1))
            return fail(error, size, storage, "make upper and work directory");
        options[count++] = upper;
        options[count++] = work;
    }
    return mount_with_options(storage->source, storage->mount_point, storage->fstype, options, count, error, size);
}

bool storage_remount_ephemeral(const Grpc__Storage *storage, char *error, size_t size) {
    char *options[OPTIONS_LIMIT];
    size_t count = 0;
    options[count++] = (char[]){"remount"};
    for (size_t i = 0; i < storage->n_options && count < OPTIONS_LIMIT; i++)
        if (strncmp(storage->options[i], "fsgid=", 6) != 0) options[count++] = storage->options[i];
    return mount_with_options(storage->source, storage->mount_point, storage->fstype, options, count, error, size);
}

// ---- choice

bool storage_driver_needs_device(const Grpc__Storage *storage) {
    return strcmp(storage->driver, "blk") == 0 || strcmp(storage->driver, "mmioblk") == 0;
}

bool storage_driver_may_hang(const Grpc__Storage *storage) {
    return storage_driver_needs_device(storage) || strcmp(storage->driver, "overlayfs") == 0 || strcmp(storage->driver, "loop") == 0 ||
           strcmp(storage->fstype, "bind") == 0 || storage->fs_group != NULL;
}

bool storage_driver_device_missing(const Grpc__Storage *storage, int error) {
    // What virtiofs says of a tag that no device has.
    return strcmp(storage->driver, "virtio-fs") == 0 && error == EINVAL;
}

bool storage_driver_run(const Grpc__Storage *storage, const char *source, bool *is_mount, char *error, size_t size) {
    const char *driver = storage->driver;
    *is_mount = true;
    if (storage->mount_point[0] != '/') {
        snprintf(error, size, "storage %s: mount point \"%s\" is not absolute", driver, storage->mount_point);
        return false;
    }
    if (strcmp(driver, "virtio-fs") == 0 || storage_driver_needs_device(storage)) return run_mount(storage, source, error, size);
    if (strcmp(driver, "ephemeral") == 0) return run_ephemeral(storage, error, size);
    if (strcmp(driver, "overlayfs") == 0) return run_overlay(storage, error, size);
    if (strcmp(driver, "loop") == 0) return run_loop(storage, error, size);
    if (strcmp(driver, "local") == 0) {
        *is_mount = false;
        return run_local(storage, error, size);
    }
    if (strcmp(driver, volume_files_driver) == 0) {
        *is_mount = false;
        return volume_files_set(storage, error, size);
    }
    snprintf(error, size,
             "Failed to find the storage handler %s (known: blk, ephemeral, files, local, loop, mmioblk, overlayfs, virtio-fs)", driver);
    return false;
}
