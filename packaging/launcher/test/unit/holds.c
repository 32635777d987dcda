/* Ends of FIFOs, held for a daemon's successor. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/guard_holds.h"
#include "unit.h"

/* A process that has a FIFO open in one mode, under a number that is not its lowest, and waits to be killed. */
static pid_t owner_of(const char *fifo, int mode) {
    int ready[2];
    char byte;
    CHECK(pipe(ready) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        int both = open(fifo, O_RDWR), end = open(fifo, mode);
        if (mode != O_RDWR) close(both);
        if (end < 0 || write(ready[1], "", 1) != 1) _exit(1);
        for (;;) pause();
    }
    close(ready[1]);
    CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    return pid;
}

static const struct hold *take_end(pid_t owner, const struct stat *s, int access) {
    return holds_take(&(struct hold_call){.owner = owner, .device = s->st_dev, .inode = s->st_ino, .access = access});
}

static void end_owner(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* True if a reader finds that there is no writer (any more). */
static bool at_its_end(int reader) {
    char byte;
    ssize_t n = read(reader, &byte, 1);
    CHECK(n == 0 || (n < 0 && errno == EAGAIN));
    return n == 0;
}

static void a_write_end_is_held_beyond_its_owner(void) {
    char fifo[64], other[64];
    struct stat s, not_a_fifo;
    snprintf(fifo, sizeof fifo, "%s/fifo", directory);
    snprintf(other, sizeof other, "%s/other", directory);
    CHECK(mkfifo(fifo, 0600) == 0 && mkfifo(other, 0600) == 0 && stat(fifo, &s) == 0 && stat(directory, &not_a_fifo) == 0);
    pid_t owner = owner_of(fifo, O_WRONLY), reads = owner_of(other, O_RDONLY);
    int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    unlink(fifo); /* its name is of no matter */
    const struct hold *held = take_end(owner, &s, O_WRONLY);
    CHECK(held != NULL && held->handle != 0);
    if (!held) return;
    uint32_t handle = held->handle;
    CHECK((fcntl(held->fd, F_GETFL) & O_ACCMODE) == O_WRONLY && (fcntl(held->fd, F_GETFD) & FD_CLOEXEC) != 0);
    end_owner(owner);
    CHECK(!at_its_end(reader));

    CHECK(take_end(owner, &s, O_WRONLY) == NULL && errno == ESRCH);
    CHECK(stat(other, &s) == 0);
    CHECK(take_end(reads, &s, O_WRONLY) == NULL && errno == ENOENT); /* it has the other end */
    CHECK(take_end(reads, &not_a_fifo, O_WRONLY) == NULL && errno == ENOENT);
    const struct hold *input = take_end(reads, &s, O_RDONLY);
    CHECK(input != NULL && input->handle == handle + 1);
    end_owner(reads);
    int writer = open(other, O_WRONLY | O_NONBLOCK);
    CHECK(writer >= 0 && write(writer, "x", 1) == 1); /* else nobody would read */
    holds_release(handle + 1);
    signal(SIGPIPE, SIG_IGN);
    CHECK(write(writer, "x", 1) < 0 && errno == EPIPE);
    close(writer);

    holds_release(handle + 2);
    holds_release(0);
    CHECK(!at_its_end(reader));
    holds_release(handle);
    CHECK(at_its_end(reader));
    holds_release(handle);
    close(reader);
}

static void held_ends_leave_room_for_what_else_is_open(void) {
    char fifo[64];
    struct stat s;
    snprintf(fifo, sizeof fifo, "%s/many", directory);
    CHECK(mkfifo(fifo, 0600) == 0 && stat(fifo, &s) == 0);
    pid_t owner = owner_of(fifo, O_WRONLY);
    struct rlimit before, few;
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    few = (struct rlimit){.rlim_cur = 64, .rlim_max = before.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    uint32_t handles[64];
    size_t count = 0;
    const struct hold *held;
    while (count < 64 && (held = take_end(owner, &s, O_WRONLY)) != NULL) handles[count++] = held->handle;
    CHECK(count > 0 && count < 32 && errno == EMFILE);
    int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    end_owner(owner);
    while (count > 0) {
        CHECK(!at_its_end(reader));
        holds_release(handles[--count]);
    }
    CHECK(at_its_end(reader));
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    close(reader);
}

void holds_tests(void) {
    a_write_end_is_held_beyond_its_owner();
    held_ends_leave_room_for_what_else_is_open();
}
