#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"

#define CONFINED_DESCRIPTORS 4096 /* two for each queue of a card or disk, and the eventfds of their interrupts */
#define CONFINED_THREADS 4096     /* a processor each, and those that wait for disks */

/* Without them in its bounding set no program gives a capability back, one with file capabilities or root's included. */
static bool empty_bounding_set(void) {
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
        if (prctl(PR_CAPBSET_DROP, capability) != 0) return false;
    return true;
}

/* Without any, exec by whatever user: the ambient set is empty as soon as the others are. */
static bool give_up_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {0};
    return syscall(SYS_capset, &header, none) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

bool privileges_give_up(void) {
    return empty_bounding_set() && give_up_capabilities();
}

/* What a program needs that emulates a machine, and not more: no core file of the guest's memory, a bound on threads. */
static void limit_resources(const struct spawn *spawn, int result) {
    struct rlimit descriptors;
    if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0) child_fail(result, "limit", "descriptors");
    if (descriptors.rlim_max > CONFINED_DESCRIPTORS) descriptors.rlim_max = CONFINED_DESCRIPTORS;
    if (descriptors.rlim_cur > descriptors.rlim_max || descriptors.rlim_cur < CONFINED_DESCRIPTORS)
        descriptors.rlim_cur = descriptors.rlim_max;
    bool devices = false; /* of the host: their DMA pins the guest's memory */
    for (size_t i = 0; spawn->shown && spawn->shown[i]; i++) devices |= strncmp(spawn->shown[i], "/dev/vfio/", 10) == 0;
    if (setrlimit(RLIMIT_NOFILE, &descriptors) != 0 || setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) != 0 ||
        setrlimit(RLIMIT_NPROC, &(struct rlimit){CONFINED_THREADS, CONFINED_THREADS}) != 0 ||
        setrlimit(RLIMIT_MSGQUEUE, &(struct rlimit){0, 0}) != 0 ||
        (devices && setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}) != 0))
        child_fail(result, "limit", "resources");
}

static void confine(const struct spawn *spawn, int result) {
    /* Names that nobody outside can tell from those of another sandbox. */
    if (sethostname("saya", 4) != 0 || setdomainname("", 0) != 0) child_fail(result, "name", "of the host");
    limit_resources(spawn, result);
    root_confine(spawn, spawn->uid, spawn->gid, result);
}

void identity_take(const struct spawn *spawn, int result) {
    bool confined = spawn->privileges == PRIVILEGES_CONFINED;
    bool none = confined || spawn->privileges == PRIVILEGES_NONE;
    if (spawn->gid != SPAWN_KEEP && setgroups(0, NULL) != 0) child_fail(result, "setgroups", "");
    if (confined) confine(spawn, result);
    if (none && !empty_bounding_set()) child_fail(result, "drop capabilities from", "the bounding set");
    if (spawn->gid != SPAWN_KEEP && setgid(spawn->gid) != 0) child_fail(result, "setgid", "");
    if (spawn->uid != SPAWN_KEEP && setuid(spawn->uid) != 0)
        child_fail(result, "setuid", confined ? "to a user of its own (expected: 0x70000000 and up in /proc/self/uid_map)" : "");
    if (none && !give_up_capabilities()) child_fail(result, "give up", "capabilities");
    if (spawn->privileges == PRIVILEGES_KEPT &&
        (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED, 0, 0, 0) != 0 ||
         prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0))
        child_fail(result, "keep capabilities", "across a change of user");
}
