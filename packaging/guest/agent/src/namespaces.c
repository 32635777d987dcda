#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "files.h"
#include "sandbox.h"

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

void namespaces_remove(void) {
    umount2(IPC_NAMESPACE, MNT_DETACH);
    umount2(UTS_NAMESPACE, MNT_DETACH);
}
