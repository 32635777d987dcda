#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"

/* Without them in its bounding set no program gives a capability back, one with file capabilities or root's included. */
static void empty_bounding_set(int result) {
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
        if (prctl(PR_CAPBSET_DROP, capability) != 0) child_fail(result, "drop capabilities from", "the bounding set");
}

/* Without any, exec by whatever user: the ambient set is empty as soon as the others are. */
static void give_up_capabilities(int result) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {0};
    if (syscall(SYS_capset, &header, none) != 0) child_fail(result, "give up", "capabilities");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) child_fail(result, "set", "no_new_privs");
}

void identity_take(const struct spawn *spawn, int result) {
    if (spawn->privileges == PRIVILEGES_NONE) empty_bounding_set(result);
    if (spawn->gid != SPAWN_KEEP && (setgroups(0, NULL) != 0 || setgid(spawn->gid) != 0)) child_fail(result, "setgid", "");
    if (spawn->uid != SPAWN_KEEP && setuid(spawn->uid) != 0) child_fail(result, "setuid", "");
    if (spawn->privileges == PRIVILEGES_NONE) give_up_capabilities(result);
    if (spawn->privileges == PRIVILEGES_KEPT &&
        prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED, 0, 0, 0) != 0)
        child_fail(result, "keep capabilities", "across a change of user");
}
