#define _GNU_SOURCE
#include "run_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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

int run_directory_clean(const struct sandbox_paths *paths) {
    struct journal *journal = malloc(sizeof *journal);
    int result = 0;
    if (journal && journal_load(journal, paths->run_directory) == 0) {
        if (processes_kill(journal->processes, journal->process_count, KILL_LIMIT_MS) != 0) result = -1;
        while (journal->mount_count > 0) {
            char *target = journal->mounts[--journal->mount_count];
            umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW);
            free(target);
        }
        if (journal->socket[0] == '/') shim_socket_remove_stale(journal->socket);
    }
    free(journal);
    enum record_rest rest = record_undo(paths->run_directory);
    if (rest != RECORD_DONE) result = -1;
    if (unmount_below(paths->run_directory) != 0 || directory_remove(paths->run_directory, rest == RECORD_KEPT ? RECORD_NAME : NULL) != 0)
        result = -1;
    if (paths->socket[0] == '/') shim_socket_remove_stale(paths->socket);
    return result;
}
