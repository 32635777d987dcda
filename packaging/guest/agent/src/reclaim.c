#include "reclaim.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/memory.pb-c.h"
#include "cgroup.h"
#include "children.h"
#include "crun.h"
#include "files.h"

enum { LIMIT_MS = 30000, NUMBER = 32 };

// What is asked of the kernel at once: it stops between two steps only, and may go beyond what it was asked for.
static const uint64_t step = UINT64_C(16) << 20;

static const char program_name[] = "saya-reclaim";

// ---- the process that does it

bool reclaim_is_meant(const char *program) {
    return strcmp(program, program_name) == 0;
}

static uint64_t reclaim_from(const char *name, uint64_t bytes) {
    char usage[300], reclaim[300], text[NUMBER];
    uint64_t before, after;
    snprintf(usage, sizeof usage, "%s/%s/memory.current", CGROUP_ROOT, name);
    snprintf(reclaim, sizeof reclaim, "%s/%s/memory.reclaim", CGROUP_ROOT, name);
    if (!read_number(usage, &before)) return 0;
    for (uint64_t left = bytes; left > 0;) {
        uint64_t part = left < step ? left : step;
        snprintf(text, sizeof text, "%" PRIu64, part);
        if (!write_text(reclaim, text)) break; // EAGAIN: there was less
        left -= part;
    }
    return read_number(usage, &after) && after < before ? before - after : 0;
}

int reclaim_run(int count, char **words) {
    uint64_t wanted = count == 2 ? strtoull(words[1], NULL, 10) : 0, freed = 0;
    DIR *cgroups = opendir(CGROUP_ROOT);
    struct dirent *entry;
    while (cgroups != NULL && freed < wanted && (entry = readdir(cgroups)) != NULL)
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') freed += reclaim_from(entry->d_name, wanted - freed);
    if (cgroups != NULL) closedir(cgroups);
    printf("%" PRIu64 "\n", freed);
    return fflush(stdout) == 0 ? 0 : 1;
}

// ---- the agent

static struct {
    struct child child;
    struct timer limit;
    struct call *call; // NULL while nobody has asked
    int output;
} work;

static void too_long(struct timer *timer) {
    (void)timer;
    kill(work.child.pid, SIGKILL);
}

static void done(struct child *child, int wait_status) {
    (void)child;
    Saya__ReclaimResponse response = SAYA__RECLAIM_RESPONSE__INIT;
    char text[NUMBER];
    struct call *call = work.call;
    ssize_t length = pread(work.output, text, sizeof text - 1, 0);
    timer_stop(&work.limit);
    close(work.output);
    work.call = NULL;
    if (exit_code(wait_status) != 0 || length <= 0) {
        call_fail(call, STATUS_INTERNAL, "Reclaim: it ended with %d (128 + 9: after %d s)", exit_code(wait_status), LIMIT_MS / 1000);
        return;
    }
    text[length] = 0;
    response.bytes = strtoull(text, NULL, 10);
    call_reply(call, &response.base);
}

static int start(uint64_t bytes) {
    char number[NUMBER];
    snprintf(number, sizeof number, "%" PRIu64, bytes);
    const char *const arguments[] = {program_name, number, NULL};
    struct spawn spawn;
    spawn_init(&spawn);
    spawn.path = "/proc/self/exe";
    spawn.arguments = arguments;
    work.output = memory_file("reclaimed");
    if (work.output < 0) return errno;
    spawn.fds[STDOUT_FILENO] = work.output;
    int error = child_spawn(&work.child, &spawn, done);
    if (error != 0) close(work.output);
    return error;
}

void handle_reclaim(struct call *call, const void *message) {
    const Saya__ReclaimRequest *request = message;
    if (work.call != NULL) {
        call_fail(call, STATUS_FAILED_PRECONDITION, "Reclaim: another one is under way");
        return;
    }
    int error = start(request->bytes);
    if (error != 0) {
        call_fail(call, STATUS_INTERNAL, "Reclaim: %s", strerror(error));
        return;
    }
    work.call = call;
    timer_init(&work.limit, too_long);
    timer_start(&work.limit, LIMIT_MS);
}
