#define _GNU_SOURCE
#include "cores.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "actions.h"

bool cores_share_with_nobody(void) {
    return prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, PR_SCHED_CORE_SCOPE_THREAD_GROUP, 0) == 0;
}

bool cores_mark(pid_t pid, uint64_t *mark) {
    return prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, (unsigned long)pid, (unsigned long)PR_SCHED_CORE_SCOPE_THREAD, mark) == 0;
}

const char *cores_problem(int error) {
    switch (error) {
    case ENODEV: return "no core of this host runs two threads, so nothing is missing";
    case EINVAL: return "this kernel has no core scheduling (expected: CONFIG_SCHED_CORE)";
    default: return strerror(error);
    }
}

static int failed(int error) {
    fprintf(stderr, "saya: cores: %s\n", cores_problem(error));
    return 1;
}

/* A process that has ended meanwhile has no line. */
static int print_marks(const char *pids) {
    for (const char *at = pids; *at;) {
        char *end;
        long pid = strtol(at, &end, 10);
        if (end == at || pid <= 0 || pid > INT_MAX || (*end != ',' && *end != '\0')) {
            fprintf(stderr, "saya: cores: \"%s\" (expected: ids of processes with commas between them)\n", pids);
            return 1;
        }
        uint64_t mark;
        if (cores_mark((pid_t)pid, &mark))
            printf("%ld %" PRIx64 "\n", pid, mark);
        else if (errno != ESRCH)
            return failed(errno);
        at = *end ? end + 1 : end;
    }
    return 0;
}

int action_cores(const struct flags *flags) {
    if (*flags->address) return print_marks(flags->address);
    return cores_share_with_nobody() ? 0 : failed(errno);
}
