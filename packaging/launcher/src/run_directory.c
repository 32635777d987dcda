#define _GNU_SOURCE
#include "run_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "journal.h"
#include "mounts.h"
#include "processes.h"
#include "record.h"
#include "shim_socket.h"

#define KILL_LIMIT_MS 1500
#define SWEEP_PAUSE_MS 250

int run_directory_lock(const struct sandbox_paths *paths, int create, int milliseconds) {
    long long deadline = now_ms() + milliseconds;
    for (;;) {
        if (create && (directory_make(paths->run_base, 0700) != 0 || (mkdir(paths->run_directory, 0700) != 0 && errno != EEXIST)))
            return -1;
        int fd = open(paths->run_directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 && create && errno == ENOENT) continue; /* its last owner has just removed it */
        if (fd < 0) return -1;
        long long left = deadline - now_ms();
        struct stat locked, named;
        if (lock_within(fd, left > 0 ? (int)left : 0) != 0) {
            int error = errno;
            close(fd);
            errno = error;
            return -1;
        }
        if (fstat(fd, &locked) == 0 && lstat(paths->run_directory, &named) == 0 && locked.st_ino == named.st_ino &&
            locked.st_dev == named.st_dev)
            return fd;
        close(fd); /* its last owner removed it while we waited */
    }
}

/* kill_ms: how long killed processes may take to go. The rest is as in run_directory_clean. */
static int undo(const struct sandbox_paths *paths, int kill_ms, int patience_ms) {
    struct journal *journal = malloc(sizeof *journal);
    int result = 0;
    if (journal && journal_load(journal, paths->run_directory) == 0) {
        if (processes_kill(journal->processes, journal->process_count, kill_ms) != 0) result = -1;
        while (journal->mount_count > 0) {
            char *target = journal->mounts[--journal->mount_count];
            umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW);
            free(target);
        }
        if (journal->socket[0] == '/') shim_socket_remove_stale(journal->socket);
    }
    free(journal);
    enum record_rest rest = record_undo(paths->run_directory, patience_ms);
    if (rest != RECORD_DONE) result = -1;
    if (unmount_below(paths->run_directory) != 0 || directory_remove(paths->run_directory, rest == RECORD_KEPT ? RECORD_NAME : NULL) != 0)
        result = -1;
    if (paths->socket[0] == '/') shim_socket_remove_stale(paths->socket);
    return result;
}

int run_directory_clean(const struct sandbox_paths *paths, int patience_ms) {
    return undo(paths, KILL_LIMIT_MS, patience_ms);
}

static bool has(const char *directory, const char *name) {
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/%s", directory, name) < (int)sizeof path && access(path, F_OK) == 0;
}

/* A guard that was killed leaves both files, who cleaned up after one a record of the cgroups that did not go. */
static bool says_what_to_undo(const char *directory) {
    return has(directory, JOURNAL_NAME) || has(directory, RECORD_NAME);
}

/* True if there is nothing left to sweep. */
static bool sweep(const struct sandbox_paths *paths) {
    const char *directory = paths->run_directory;
    if (!says_what_to_undo(directory)) return true;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT;
    struct stat locked, named;
    bool swept = false;
    /* A guard that lives has the lock. A new sandbox of the same name may have been quicker: then it has the lock, or another directory. */
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &locked) == 0 && lstat(directory, &named) == 0 && locked.st_ino == named.st_ino &&
        locked.st_dev == named.st_dev)
        swept = undo(paths, 0, 0) == 0;
    close(fd);
    return swept;
}

void run_directories_sweep(const struct sandbox_paths *paths) {
    DIR *base = opendir(paths->run_base);
    if (!base) return;
    struct sandbox_paths other = *paths;
    other.socket[0] = 0; /* known to its journal */
    for (struct dirent *entry; (entry = readdir(base));) {
        int length = snprintf(other.run_directory, sizeof other.run_directory, "%s/%s", paths->run_base, entry->d_name);
        if (entry->d_name[0] != '.' && length < (int)sizeof other.run_directory) sweep(&other);
    }
    closedir(base);
}

void run_directory_sweep_within(const struct sandbox_paths *paths, int milliseconds) {
    long long deadline = now_ms() + milliseconds;
    while (!sweep(paths) && now_ms() < deadline) poll(NULL, 0, SWEEP_PAUSE_MS);
}
