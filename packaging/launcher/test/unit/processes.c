/* What is known of processes: the last that one said, and whether it is ending. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/bytes.h"
#include "../../src/processes.h"
#include "../../src/ring.h"
#include "unit.h"

static void ring_keeps_the_end(void) {
    struct ring ring = {0};
    struct bytes out = {0}, all = {0};
    for (int i = 0; all.length < 3 * RING_SIZE; i++) {
        char line[32];
        size_t n = (size_t)snprintf(line, sizeof line, "line %d\n", i);
        ring_write(&ring, line, n);
        bytes_append(&all, line, n);
        out.length = 0;
        ring_copy(&ring, &out);
        size_t kept = all.length < RING_SIZE ? all.length : RING_SIZE;
        CHECK(out.length == kept && memcmp(out.data, all.data + all.length - kept, kept) == 0);
    }
    ring_write(&ring, all.data, 2 * RING_SIZE);
    out.length = 0;
    ring_copy(&ring, &out);
    CHECK(out.length == RING_SIZE && memcmp(out.data, all.data + RING_SIZE, RING_SIZE) == 0);
    ring_free(&ring);
    bytes_free(&out);
    bytes_free(&all);
}

static void a_process_that_ends_is_told_from_one_that_lives(void) {
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    CHECK(!process_is_ending(pid) && !process_is_ending(getpid()));
    kill(pid, SIGKILL);
    CHECK(waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT) == 0);
    CHECK(process_is_ending(pid));
    CHECK(waitpid(pid, NULL, 0) == pid);
    CHECK(process_is_ending(pid));
}

void processes_tests(void) {
    ring_keeps_the_end();
    a_process_that_ends_is_told_from_one_that_lives();
}
