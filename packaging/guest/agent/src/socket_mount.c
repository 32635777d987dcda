#include "socket_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/ports.pb-c.h"
#include "children.h"
#include "container.h"
#include "sockets.h"

// A look-up in a share may wait for the host; what takes longer hangs.
enum { LIMIT_MS = 10000, TREE = 3, NAMESPACE = 4 };

static const char program_name[] = "saya-socket-mount";

// ---- the process that does it: entering another mount namespace is for good

bool socket_mount_is_meant(const char *program) {
    return strcmp(program, program_name) == 0;
}

// Paths are those of the container once its namespace is entered, and links in it lead nowhere else. An errno.
static int put_over(const char *path) {
    struct stat own, found;
    if (setns(NAMESPACE, CLONE_NEWNS) != 0 || fstat(TREE, &own) != 0 || stat(path, &found) != 0) return errno;
    if (own.st_dev == found.st_dev && own.st_ino == found.st_ino) return 0;
    return move_mount(TREE, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) == 0 ? 0 : errno;
}

void socket_mount_run(int count, char **words) {
    // Nothing of the program's is to run any more: it would look for files of the guest's in the container.
    _exit(count == 2 ? put_over(words[1]) : EINVAL);
}

// ---- the agent

struct work {
    struct child child;
    struct timer limit;
    struct call *call;
    const Saya__MountSocketRequest *request; // in the call's memory
};

static void too_long(struct timer *timer) {
    kill(container_of(timer, struct work, limit)->child.pid, SIGKILL);
}

static void done(struct child *child, int wait_status) {
    struct work *work = container_of(child, struct work, child);
    const Saya__MountSocketRequest *request = work->request;
    struct call *call = work->call;
    int error = exit_code(wait_status);
    timer_stop(&work->limit);
    free(work);
    if (error == 0)
        call_reply_empty(call);
    else
        call_fail(call, error == ENOENT || error == ENOTDIR ? STATUS_NOT_FOUND : STATUS_INTERNAL, "MountSocket: %s in container %s: %s",
                  request->path, request->container_id, strerror(error));
}

// 0 or an errno.
static int start(struct work *work, const char *socket, pid_t pid) {
    char namespace[64];
    const char *const arguments[] = {program_name, work->request->path, NULL};
    struct spawn spawn;
    snprintf(namespace, sizeof namespace, "/proc/%d/ns/mnt", (int)pid);
    spawn_init(&spawn);
    spawn.path = "/proc/self/exe";
    spawn.arguments = arguments;
    spawn.fds[TREE] = open_tree(AT_FDCWD, socket, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    spawn.fds[NAMESPACE] = open(namespace, O_RDONLY | O_CLOEXEC);
    int error = spawn.fds[TREE] < 0 || spawn.fds[NAMESPACE] < 0 ? errno : child_spawn(&work->child, &spawn, done);
    if (spawn.fds[TREE] >= 0) close(spawn.fds[TREE]);
    if (spawn.fds[NAMESPACE] >= 0) close(spawn.fds[NAMESPACE]);
    return error;
}

void handle_mount_socket(struct call *call, const void *message) {
    const Saya__MountSocketRequest *request = message;
    const struct container *container = container_find(request->container_id);
    char socket[SOCKET_PATH_SIZE];
    if (container == NULL || container->init == NULL || container->init->child.pid <= 0) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "MountSocket: container \"%s\" (expected: one that was created and has not ended)",
                  request->container_id);
        return;
    }
    if (!socket_path(request->number, socket) || *request->path != '/') {
        call_fail(call, STATUS_INVALID_ARGUMENT,
                  "MountSocket: socket %" PRIu32 " at \"%s\" (expected: one that is offered, and an absolute path)", request->number,
                  request->path);
        return;
    }
    struct work *work = calloc(1, sizeof *work);
    if (work == NULL) {
        call_fail_memory(call);
        return;
    }
    work->call = call;
    work->request = request;
    timer_init(&work->limit, too_long);
    int error = start(work, socket, container->init->child.pid);
    if (error != 0) {
        free(work);
        call_fail(call, STATUS_INTERNAL, "MountSocket: %s", strerror(error));
        return;
    }
    timer_start(&work->limit, LIMIT_MS);
}
