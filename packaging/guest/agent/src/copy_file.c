#include "copy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.pb-c.h"
#include "files.h"
#include "sandbox.h"

// Opens the directory that is to hold the last name of a path, making what is missing. The last name goes to `name`. Everything is
// resolved below the shared directory, one name at a time and never through a symbolic link: a container may have put links there.
static int open_parent(const char *path, mode_t mode, char *name) {
    static const char prefix[] = SHARED_DIRECTORY "/";
    if (strncmp(path, prefix, sizeof prefix - 1) != 0) {
        errno = EACCES;
        return -1;
    }
    if (!make_directories(SHARED_DIRECTORY)) return -1;
    int here = open(SHARED_DIRECTORY, O_DIRECTORY | O_PATH | O_CLOEXEC);
    for (const char *rest = path + sizeof prefix - 1; here >= 0;) {
        rest += strspn(rest, "/");
        size_t length = strcspn(rest, "/");
        bool last = rest[length + strspn(rest + length, "/")] == 0;
        if (length == 0 || length > NAME_MAX || (length == 1 && rest[0] == '.') || (length == 2 && memcmp(rest, "..", 2) == 0)) {
            close(here);
            errno = EINVAL;
            return -1;
        }
        memcpy(name, rest, length);
        name[length] = 0;
        if (last) return here;
        int made = mkdirat(here, name, mode);
        int next = made == 0 || errno == EEXIST ? open_below(here, name, O_DIRECTORY | O_PATH, 0) : -1;
        int saved = errno;
        close(here);
        errno = saved;
        here = next;
        rest += length;
    }
    return -1;
}

static bool set_owner(int parent, const char *name, const Grpc__CopyFileRequest *request) {
    return fchownat(parent, name, (uid_t)request->uid, (gid_t)request->gid, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool make_directory(int parent, const char *name, const Grpc__CopyFileRequest *request) {
    if (mkdirat(parent, name, request->file_mode & 07777) < 0 && errno != EEXIST) return false;
    int fd = open_below(parent, name, O_DIRECTORY | O_RDONLY, 0);
    bool done = fd >= 0 && fchown(fd, (uid_t)request->uid, (gid_t)request->gid) == 0 && fchmod(fd, request->file_mode & 07777) == 0;
    int saved = errno;
    if (fd >= 0) close(fd);
    errno = saved;
    return done;
}

static bool make_link(int parent, const char *name, const Grpc__CopyFileRequest *request) {
    char target[PATH_MAX];
    if (request->data.len == 0 || request->data.len >= sizeof target) {
        errno = EINVAL;
        return false;
    }
    memcpy(target, request->data.data, request->data.len);
    target[request->data.len] = 0;
    if (unlinkat(parent, name, 0) < 0 && errno != ENOENT) return false;
    return symlinkat(target, parent, name) == 0 && set_owner(parent, name, request);
}

static bool write_at(int fd, const ProtobufCBinaryData *data, int64_t offset) {
    for (size_t done = 0; done < data->len;) {
        ssize_t count = pwrite(fd, data->data + done, data->len - done, offset + (int64_t)done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        done += (size_t)count;
    }
    return true;
}

// Chunks go to a file beside the target, which takes its place when it is complete: nobody sees half of it.
static bool write_chunk(int parent, const char *name, const Grpc__CopyFileRequest *request) {
    char part[NAME_MAX + 8];
    snprintf(part, sizeof part, ".%.*s.part", NAME_MAX - 8, name);
    if (request->offset == 0) unlinkat(parent, part, 0);
    int fd = open_below(parent, part, O_WRONLY | O_CREAT | O_NOFOLLOW | (request->offset == 0 ? O_EXCL : 0), 0600);
    if (fd < 0) return false;
    struct stat status;
    bool done = write_at(fd, &request->data, request->offset) && fstat(fd, &status) == 0;
    if (done && status.st_size == request->file_size)
        done = fchown(fd, (uid_t)request->uid, (gid_t)request->gid) == 0 && fchmod(fd, request->file_mode & 07777) == 0 &&
               renameat(parent, part, parent, name) == 0;
    int saved = errno;
    close(fd);
    errno = saved;
    return done;
}

void handle_copy_file(struct call *call, const void *message) {
    const Grpc__CopyFileRequest *request = message;
    if (request->offset < 0 || request->file_size < 0 || request->offset + (int64_t)request->data.len > request->file_size) {
        bool plain = S_ISREG(request->file_mode) || (request->file_mode & S_IFMT) == 0;
        if (plain || request->offset < 0) {
            call_fail(call, STATUS_INVALID_ARGUMENT, "CopyFile %s: %zu bytes at offset %lld do not lie in a file of %lld bytes",
                      request->path, request->data.len, (long long)request->offset, (long long)request->file_size);
            return;
        }
    }
    char name[NAME_MAX + 1];
    int parent = open_parent(request->path, request->dir_mode != 0 ? request->dir_mode & 07777 : 0755, name);
    bool done = parent >= 0;
    if (done) {
        switch (request->file_mode & S_IFMT) {
        case S_IFDIR: done = make_directory(parent, name, request); break;
        case S_IFLNK: done = make_link(parent, name, request); break;
        case S_IFREG:
        case 0: done = write_chunk(parent, name, request); break;
        default: errno = EINVAL; done = false;
        }
    }
    int error = errno;
    if (parent >= 0) close(parent);
    if (done)
        call_reply_empty(call);
    else if (parent < 0 && error == EACCES)
        call_fail(call, STATUS_INVALID_ARGUMENT, "CopyFile %s: only below " SHARED_DIRECTORY, request->path);
    else
        call_fail(call, error == EINVAL ? STATUS_INVALID_ARGUMENT : STATUS_INTERNAL, "CopyFile %s (mode %o): %s", request->path,
                  request->file_mode, strerror(error));
}
