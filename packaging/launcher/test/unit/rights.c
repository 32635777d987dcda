/* Rights that guard and daemon give up. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/rights.h"
#include "unit.h"

/* In a child, for they do not come back. */
static void rights_that_nobody_needs_go(void) {
    pid_t pid = fork();
    if (pid == 0) {
        failures = 0;
        CHECK(rights_of_guard());
        CHECK(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 1);
        CHECK(prctl(PR_CAPBSET_READ, CAP_SYS_MODULE) == 0);
        CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
        CHECK(swapoff("/nowhere") == -1 && errno == EPERM); /* not ENOENT, as CAP_SYS_ADMIN would have it */
        /* Not EBADF. Not by the library, where the sanitizer reads the handle first. */
        CHECK(syscall(SYS_open_by_handle_at, -1, NULL, 0) == -1 && errno == EPERM);
        CHECK(mount("none", "/", "nosuch", 0, NULL) == -1 && errno == ENODEV);
        CHECK(rights_of_daemon());
        CHECK(prctl(PR_CAPBSET_READ, CAP_SYS_PTRACE) == 1);
        CHECK(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 0);
        CHECK(mount("none", "/", "nosuch", 0, NULL) == -1 && errno == EPERM);
        _exit(failures > 0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

void rights_tests(void) {
    rights_that_nobody_needs_go();
}
