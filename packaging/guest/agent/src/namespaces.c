#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "sandbox.h"

#define EMPTY_ROOT NAMESPACE_DIRECTORY "/empty"

static pid_t pid_holder;

static bool pin(const char *namespace, const char *path) {
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0444);
    if (fd < 0) return false;
    close(fd);
    return mount(namespace, path, NULL, MS_BIND, NULL) == 0;
}

// The agent has one thread, so it can step into new namespaces itself, pin them and step back; no process is needed.
static bool create_inside(const char *hostname) {
    return unshare(CLONE_NEWIPC | CLONE_NEWUTS) == 0 && (*hostname == 0 || sethostname(hostname, strlen(hostname)) == 0) &&
           pin("/proc/self/ns/ipc", IPC_NAMESPACE) && pin("/proc/self/ns/uts", UTS_NAMESPACE);
}

bool namespaces_create(const char *hostname, char *error, size_t error_size) {
    namespaces_remove();
    int ipc = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC), uts = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
    bool made = ipc >= 0 && uts >= 0 && make_directories(NAMESPACE_DIRECTORY) && create_inside(hostname);
    int saved = errno;
    if (ipc >= 0) setns(ipc, CLONE_NEWIPC);
    if (uts >= 0) setns(uts, CLONE_NEWUTS);
    if (ipc >= 0) close(ipc);
    if (uts >= 0) close(uts);
    if (!made) snprintf(error, error_size, "shared ipc and uts namespaces (host name \"%s\"): %s", hostname, strerror(saved));
    return made;
}

// The first process of a pid namespace: it reaps what others leave. Nothing of the guest is reached by /proc/1/root, and nobody without
// rights over the whole guest may look into it.
static _Noreturn void hold(void) {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "pause");
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    setsid();
    if (chroot(EMPTY_ROOT) != 0 || chdir("/") != 0 || close_range(0, ~0U, 0) != 0 || sigprocmask(SIG_SETMASK, &children, NULL) != 0)
        _exit(1);
    for (;;) {
        sigwaitinfo(&children, NULL);
        while (waitpid(-1, NULL, WNOHANG) > 0) {}
    }
}

pid_t namespaces_pid_holder(void) {
    if (pid_holder > 0 && kill(pid_holder, 0) == 0) return pid_holder;
    int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    pid_t made = -1;
    if (own >= 0 && (mkdir(EMPTY_ROOT, 0555) == 0 || errno == EEXIST) && unshare(CLONE_NEWPID) == 0) made = fork();
    if (made == 0) hold();
    int saved = errno;
    if (own >= 0) {
        // Else the agent's next child would be in the namespace as well.
        setns(own, CLONE_NEWPID);
        close(own);
    }
    errno = saved;
    return pid_holder = made;
}

void namespaces_remove(void) {
    umount2(IPC_NAMESPACE, MNT_DETACH);
    umount2(UTS_NAMESPACE, MNT_DETACH);
    if (pid_holder > 0) kill(pid_holder, SIGKILL);
    pid_holder = 0;
}
