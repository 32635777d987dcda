#define _GNU_SOURCE
#include "cores.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "actions.h"

bool cores_share_with_nobody(void) {
    return prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, PR_SCHED_CORE_SCOPE_THREAD_GROUP, 0) == 0;
}

const char *cores_problem(int error) {
    switch (error) {
    case ENODEV: return "no core of this host runs two threads, so nothing is missing";
    case EINVAL: return "this kernel has no core scheduling (expected: CONFIG_SCHED_CORE)";
    default: return strerror(error);
    }
}

int action_cores(void) {
    if (cores_share_with_nobody()) return 0;
    fprintf(stderr, "saya: cores: %s\n", cores_problem(errno));
    return 1;
}
