#define _GNU_SOURCE
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

long long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

int file_read(const char *path, size_t limit, struct bytes *content) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    char buffer[16384];
    ssize_t n;
    content->length = 0;
    while ((n = read(fd, buffer, sizeof buffer)) > 0) {
        if (content->length + (size_t)n > limit) {
            close(fd);
            errno = EFBIG;
            return -1;
        }
        bytes_append(content, buffer, (size_t)n);
    }
    int error = errno;
    close(fd);
    bytes_u8(content, 0);
    content->length--;
    errno = error;
    return n < 0 ? -1 : 0;
}

int write_all(int fd, const void *data, size_t length) {
    const char *p = data;
    while (length > 0) {
        ssize_t n = write(fd, p, length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        p += n;
        length -= (size_t)n;
    }
    return 0;
}

int file_replace(const char *path, mode_t mode, const void *data, size_t length) {
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.%d.tmp", path, (int)getpid()) >= (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0) return -1;
    int failed = write_all(fd, data, length);
    if (close(fd) != 0 || failed != 0 || rename(temporary, path) != 0) {
        int error = errno;
        unlink(temporary);
        errno = error;
        return -1;
    }
    return 0;
}

int directory_make(const char *path, mode_t mode) {
    char prefix[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof prefix) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != 0) continue;
        memcpy(prefix, path, i);
        prefix[i] = 0;
        if (mkdir(prefix, mode) != 0 && errno != EEXIST) return -1;
    }
    return 0;
}

bool directory_empty(const char *path) {
    DIR *stream = opendir(path);
    if (!stream) return false;
    int entries = 0;
    while (readdir(stream)) entries++;
    closedir(stream);
    return entries == 2;
}

static int remove_entries(int directory, dev_t device, const char *kept) {
    DIR *stream = fdopendir(directory);
    if (!stream) {
        close(directory);
        return -1;
    }
    int result = 0;
    struct dirent *entry;
    while ((entry = readdir(stream))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || (kept && strcmp(entry->d_name, kept) == 0)) continue;
        struct stat s;
        if (fstatat(directory, entry->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (S_ISDIR(s.st_mode)) {
            int child = openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (s.st_dev != device) { /* still mounted: what is in there is not ours to delete */
                if (child >= 0) close(child);
                errno = EBUSY;
                result = -1;
                continue;
            }
            if (child < 0 || remove_entries(child, device, NULL) != 0) result = -1;
            if (unlinkat(directory, entry->d_name, AT_REMOVEDIR) != 0) result = -1;
        } else if (unlinkat(directory, entry->d_name, 0) != 0) {
            result = -1;
        }
    }
    closedir(stream);
    return result;
}

int directory_remove(const char *path, const char *kept) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? 0 : -1;
    struct stat s;
    if (fstat(fd, &s) != 0) {
        close(fd);
        return -1;
    }
    int result = remove_entries(fd, s.st_dev, kept);
    return kept ? result : rmdir(path) != 0 && errno != ENOENT ? -1 : result;
}

void path_clean(const char *path, char *out) {
    bool rooted = path[0] == '/';
    size_t n = 0, floor = 0; /* below `floor` lies what ".." cannot remove */
    if (rooted) out[n++] = '/', floor = 1;
    while (*path) {
        size_t part = strcspn(path, "/");
        if (part == 2 && path[0] == '.' && path[1] == '.') {
            if (n > floor) {
                while (n > floor && out[n - 1] != '/') n--;
                if (n > floor) n--;
            } else if (!rooted) {
                if (n > 0) out[n++] = '/';
                out[n++] = '.';
                out[n++] = '.';
                floor = n;
            }
        } else if (part > 0 && !(part == 1 && path[0] == '.')) {
            if (n > (rooted ? 1u : 0u)) out[n++] = '/';
            memmove(out + n, path, part);
            n += part;
        }
        path += part + (path[part] == '/');
    }
    if (n == 0) out[n++] = '.';
    out[n] = 0;
}

int lock_within(int fd, int milliseconds) {
    long long deadline = now_ms() + milliseconds;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return -1;
        if (now_ms() >= deadline) {
            errno = ETIMEDOUT;
            return -1;
        }
        poll(NULL, 0, 2);
    }
    return 0;
}

unsigned long long process_start_time(pid_t pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return 0;
    text[n] = 0;
    char *p = strrchr(text, ')'); /* the command may hold blanks and parentheses */
    for (int field = 2; p && field < 22; field++) p = strchr(p + 1, ' ');
    return p ? strtoull(p + 1, NULL, 10) : 0;
}
