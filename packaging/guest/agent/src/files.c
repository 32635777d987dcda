#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t read_text(const char *path, char *text, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    size_t have = 0;
    ssize_t count = 0;
    while (have < size - 1 && (count = read(fd, text + have, size - 1 - have)) > 0) have += (size_t)count;
    int error = errno;
    close(fd);
    errno = error;
    text[have] = 0;
    return count < 0 ? -1 : (ssize_t)have;
}

bool read_word(const char *path, char *word, size_t size) {
    if (read_text(path, word, size) < 0) return false;
    word[strcspn(word, "\n")] = 0;
    return true;
}

bool read_number(const char *path, uint64_t *number) {
    char text[32];
    if (!read_word(path, text, sizeof text)) return false;
    if (strcmp(text, "max") == 0) {
        *number = UINT64_MAX;
        return true;
    }
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && end != text;
}

bool write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    size_t length = strlen(text);
    ssize_t written = write(fd, text, length);
    int error = written < 0 ? errno : EIO;
    close(fd);
    errno = error;
    return written == (ssize_t)length;
}

bool make_directories(const char *path) {
    char partial[PATH_MAX];
    if (strlen(path) >= sizeof partial) {
        errno = ENAMETOOLONG;
        return false;
    }
    strcpy(partial, path);
    for (char *slash = strchr(partial + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(partial, 0755) < 0 && errno != EEXIST) return false;
        *slash = '/';
    }
    return mkdir(partial, 0755) == 0 || errno == EEXIST;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *position) {
    (void)status;
    (void)kind;
    (void)position;
    remove(path);
    return 0;
}

void remove_tree(const char *path) {
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

int open_below(int directory, const char *path, int flags, mode_t mode) {
    struct open_how how = {
        .flags = (uint64_t)flags | O_CLOEXEC,
        .mode = (flags & O_CREAT) != 0 ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}
