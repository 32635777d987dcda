#include "volume_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

const char volume_files_driver[] = "files";

// How a kubelet calls what it renames to `..data`.
static const char new_suffix[] = "_tmp";

static void close_keeping_errno(int fd) {
    int saved = errno;
    if (fd >= 0) close(fd);
    errno = saved;
}

// Opens the directory that holds the last name of a path.
static int open_parent(int top, const char *path, const char **name) {
    const char *slash = strrchr(path, '/');
    char directory[PATH_MAX] = ".";
    *name = slash == NULL ? path : slash + 1;
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (**name == 0 || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0 || length >= sizeof directory ||
        strlen(*name) > NAME_MAX - sizeof new_suffix) {
        errno = EINVAL;
        return -1;
    }
    if (length > 0) {
        memcpy(directory, path, length);
        directory[length] = 0;
    }
    return open_below(top, directory, O_PATH | O_DIRECTORY, 0);
}

// Owner and mode, where they differ: each change wakes those who watch.
static bool set_attributes(int fd, const Grpc__VolumeFile *file) {
    struct stat status;
    if (fstat(fd, &status) < 0) return false;
    if ((status.st_uid != file->uid || status.st_gid != file->gid) && (fchown(fd, file->uid, file->gid) < 0 || fstat(fd, &status) < 0))
        return false;
    return (status.st_mode & 07777) == (file->mode & 07777) || fchmod(fd, file->mode & 07777) == 0;
}

static bool put_directory(int parent, const char *name, const Grpc__VolumeFile *file) {
    if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST) return false;
    int fd = open_below(parent, name, O_RDONLY | O_DIRECTORY, 0);
    bool done = fd >= 0 && set_attributes(fd, file);
    close_keeping_errno(fd);
    return done;
}

// Makes a link or a file under a name that is free.
static bool make(int parent, const char *name, const Grpc__VolumeFile *file) {
    if (S_ISLNK(file->mode)) {
        char target[PATH_MAX];
        if (file->content.len == 0 || file->content.len >= sizeof target) {
            errno = EINVAL;
            return false;
        }
        memcpy(target, file->content.data, file->content.len);
        target[file->content.len] = 0;
        return symlinkat(target, parent, name) == 0 &&
               ((file->uid == 0 && file->gid == 0) || fchownat(parent, name, file->uid, file->gid, AT_SYMLINK_NOFOLLOW) == 0);
    }
    int fd = open_below(parent, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0) return false;
    bool done = true;
    for (size_t written = 0; done && written < file->content.len;) {
        ssize_t count = write(fd, file->content.data + written, file->content.len - written);
        if (count >= 0) written += (size_t)count;
        done = count >= 0 || errno == EINTR;
    }
    done = done && set_attributes(fd, file);
    close_keeping_errno(fd);
    return done;
}

static bool same_link(int parent, const char *name, const Grpc__VolumeFile *file) {
    char target[PATH_MAX];
    ssize_t length = readlinkat(parent, name, target, sizeof target);
    return length >= 0 && (size_t)length == file->content.len && memcmp(target, file->content.data, file->content.len) == 0;
}

// Only what it holds: attributes are put right without a new file.
static bool same_content(int fd, const Grpc__VolumeFile *file) {
    struct stat status;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || (uint64_t)status.st_size != file->content.len) return false;
    for (size_t seen = 0; seen < file->content.len;) {
        uint8_t bytes[4096];
        ssize_t count = read(fd, bytes, sizeof bytes);
        if (count <= 0 || (size_t)count > file->content.len - seen || memcmp(bytes, file->content.data + seen, (size_t)count) != 0)
            return false;
        seen += (size_t)count;
    }
    return true;
}

// True with the attributes set if the file is there already.
static bool keep(int parent, const char *name, const Grpc__VolumeFile *file) {
    if (S_ISLNK(file->mode)) return same_link(parent, name, file);
    int fd = open_below(parent, name, O_RDONLY | O_NONBLOCK, 0);
    bool kept = fd >= 0 && same_content(fd, file) && set_attributes(fd, file);
    if (fd >= 0) close(fd);
    return kept;
}

static void remove_at(int parent, const char *name) {
    char path[NAME_MAX + 64];
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", parent, name);
    remove_tree(path);
}

static bool put_leaf(int parent, const char *name, const Grpc__VolumeFile *file) {
    struct stat status;
    if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return errno == ENOENT && make(parent, name, file);
    if (keep(parent, name, file)) return true;
    char fresh[NAME_MAX + 1];
    snprintf(fresh, sizeof fresh, "%s%s", name, new_suffix);
    remove_at(parent, fresh); // what is left of an attempt that failed
    if (S_ISDIR(status.st_mode)) remove_at(parent, name);
    return make(parent, fresh, file) && renameat(parent, fresh, parent, name) == 0;
}

static bool put(int top, const Grpc__VolumeFile *file) {
    if (strcmp(file->path, ".") == 0) return set_attributes(top, file);
    const char *name;
    int parent = open_parent(top, file->path, &name);
    if (parent < 0) return false;
    bool done = false;
    switch (file->mode & S_IFMT) {
    case S_IFDIR: done = put_directory(parent, name, file); break;
    case S_IFREG:
    case S_IFLNK: done = put_leaf(parent, name, file); break;
    default: errno = EINVAL;
    }
    close_keeping_errno(parent);
    return done;
}

static const Grpc__VolumeFile *find(const Grpc__Storage *storage, const char *path) {
    for (size_t i = 0; i < storage->n_files; i++)
        if (strcmp(storage->files[i]->path, path) == 0) return storage->files[i];
    return NULL;
}

// Removes what is not among the files, from one directory and those below it. Takes the descriptor over.
static bool sweep(const Grpc__Storage *storage, int fd, const char *prefix, bool directories) {
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (directory == NULL) {
        close_keeping_errno(fd);
        return false;
    }
    bool done = true;
    const struct dirent *entry;
    while (done && (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char path[PATH_MAX], below[PATH_MAX + 1];
        bool fits = snprintf(path, sizeof path, "%s%s", prefix, entry->d_name) < PATH_MAX;
        const Grpc__VolumeFile *wanted = fits ? find(storage, path) : NULL;
        bool is_directory = entry->d_type == DT_DIR;
        if (wanted == NULL) {
            if (directories || !is_directory) remove_at(dirfd(directory), entry->d_name);
        } else if (is_directory) {
            snprintf(below, sizeof below, "%s/", path);
            done = sweep(storage, open_below(dirfd(directory), entry->d_name, O_RDONLY | O_DIRECTORY, 0), below, directories);
        }
    }
    int saved = errno;
    closedir(directory);
    errno = saved;
    return done;
}

bool volume_files_set(const Grpc__Storage *storage, char *error, size_t error_size) {
    const char *what = "make directory";
    int top = -1;
    bool done = make_directories(storage->mount_point);
    if (done) {
        top = open(storage->mount_point, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        done = top >= 0;
    }
    for (size_t i = 0; done && i < storage->n_files; i++) {
        what = storage->files[i]->path;
        done = put(top, storage->files[i]);
    }
    // As a kubelet does: first the names that users see, then the directory that they led to.
    for (int directories = 0; done && directories <= 1; directories++) {
        what = "remove what is not there any more";
        done = sweep(storage, open_below(top, ".", O_RDONLY | O_DIRECTORY, 0), "", directories != 0);
    }
    if (!done) snprintf(error, error_size, "storage files at %s: %s: %s", storage->mount_point, what, strerror(errno));
    if (top >= 0) close(top);
    return done;
}
