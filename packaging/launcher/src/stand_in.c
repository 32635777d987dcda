#define _GNU_SOURCE
#include "stand_in.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "title.h"

#define DESCRIPTORS 4096 /* more than a guard has */

/* Read by all of them, written by nobody: its end is that of the guard. One for all, so that each costs the guard no descriptor. */
static int lifeline[2] = {-1, -1};

static void enter_cgroups(char **cgroups) {
    for (size_t i = 0; cgroups[i]; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/cgroup.procs", cgroups[i]);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0) continue;
        (void)!write(fd, "0", 1); /* the daemon has said what it thinks of a cgroup that cannot be entered */
        close(fd);
    }
}

/* A program that follows /proc/PID/root, or enters the mount namespace, finds nothing there and can leave nothing. */
static void take_empty_root(const char *place, int result) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) child_fail(result, "make private", "/");
    if (mount("saya", place, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0555,size=4k,nr_inodes=2") != 0 ||
        chdir(place) != 0)
        child_fail(result, "empty root at", place);
    if (syscall(SYS_pivot_root, ".", ".") == 0) {
        if (umount2(".", MNT_DETACH) != 0) child_fail(result, "unmount", "the host's root"); /* it lies on top of the new one now */
    } else if (errno != EINVAL || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0) {
        child_fail(result, "change root to", place); /* EINVAL: the host's is an initramfs, which cannot be taken away */
    }
    if (chdir("/") != 0) child_fail(result, "change directory to", "/");
}

/* Nothing of the guard's but two: the lifeline becomes 0, the result pipe 1. */
static int keep_two_descriptors(int result) {
    if (dup2(lifeline[0], STDIN_FILENO) < 0 || dup2(result, STDOUT_FILENO) < 0) child_fail(result, "keep", "descriptors");
    if (close_range(STDERR_FILENO, ~0U, 0) != 0) /* before Linux 5.9 */
        for (int fd = STDERR_FILENO; fd < DESCRIPTORS; fd++) close(fd);
    return STDOUT_FILENO;
}

static void sleep_for_ever(void) {
    char byte;
    /* From here on it may read and end; a kernel without that does as well with what it has no capability for. */
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    ssize_t n;
    do n = read(STDIN_FILENO, &byte, 1);
    while (n < 0);
    syscall(SYS_exit, 0); /* exit_group is not allowed */
}

static void stand_in_main(const struct launch *launch, const struct stand_in *stand_in, int result) {
    static const struct spawn nobody = {.uid = SPAWN_KEEP, .gid = SPAWN_KEEP, .privileges = PRIVILEGES_NONE};
    setsid();
    result = keep_two_descriptors(result);
    network_enter(stand_in->network_namespace, result);
    if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) != 0) child_fail(result, "namespaces of", stand_in->title);
    enter_cgroups(stand_in->cgroups);
    take_empty_root(stand_in->empty, result);
    identity_take(&nobody, result);
    /* A guard that has died before is the end of the lifeline. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) child_fail(result, "tie to the guard", stand_in->title);
    title_set(launch, STAND_IN_NAME, stand_in->title);
    child_report(result, 0, "", "");
    close(result);
    sleep_for_ever();
}

static struct child *refuse(struct child_result *result, const char *what) {
    *result = (struct child_result){.error = errno};
    snprintf(result->what, sizeof result->what, "%s of a container", what);
    return NULL;
}

struct child *child_stand_in(const struct launch *launch, const struct stand_in *stand_in, struct child_result *result) {
    if (lifeline[0] < 0 && pipe2(lifeline, O_CLOEXEC) != 0) return refuse(result, "pipe for the stand-in");
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return refuse(result, "pipe for the stand-in");
    struct child *c = child_new(CHILD_STAND_IN);
    if (c) {
        /* A pid namespace of its own: signals of the host but SIGKILL and SIGSTOP do not reach its first process, and who enters it
         * sees no other. */
        c->pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
        if (c->pid == 0) {
            stand_in_main(launch, stand_in, report[1]);
            _exit(127);
        }
    }
    int error = errno;
    close(report[1]);
    if (!c || c->pid < 0) {
        close(report[0]);
        if (c) child_free(c);
        errno = error;
        return refuse(result, "process for the stand-in");
    }
    c->result = report[0];
    fcntl(c->result, F_SETFL, O_NONBLOCK);
    return c;
}
