#include "freezer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agent/agent.pb-c.h"
#include "container.h"
#include "files.h"

// A process in the middle of a system call freezes when it comes out of it; one that hangs in the kernel never does.
enum { FREEZE_LIMIT_MS = 10000 };

// Waiting until the kernel reports the state that was asked for. The file is readable-with-priority when it changes.
struct freezing {
    struct watch watch;
    struct timer limit;
    struct call *call;
    char container_id[256];
    bool freeze;
};

static void end(struct freezing *freezing) {
    int fd = freezing->watch.fd;
    watch_remove(&freezing->watch);
    timer_stop(&freezing->limit);
    if (fd >= 0) close(fd);
    free(freezing);
}

static bool reached(int fd, bool freeze) {
    char text[256];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    if (length < 0) return true; // the container is gone, and so is the question
    text[length] = 0;
    return strstr(text, freeze ? "frozen 1" : "frozen 0") != NULL;
}

static void answer(struct freezing *freezing) {
    struct container *container = container_find(freezing->container_id);
    if (container != NULL) container->paused = freezing->freeze;
    call_reply_empty(freezing->call);
    end(freezing);
}

static void changed(struct watch *watch, uint32_t events) {
    (void)events;
    struct freezing *freezing = container_of(watch, struct freezing, watch);
    if (reached(watch->fd, freezing->freeze)) answer(freezing);
}

static void limit_reached(struct timer *timer) {
    struct freezing *freezing = container_of(timer, struct freezing, limit);
    call_fail(freezing->call, STATUS_INTERNAL, "%s: container %s did not %s within %d s", freezing->call->method->name,
              freezing->container_id, freezing->freeze ? "freeze" : "thaw", FREEZE_LIMIT_MS / 1000);
    end(freezing);
}

static bool watch_events(struct freezing *freezing, const char *cgroup) {
    char path[4096];
    snprintf(path, sizeof path, "%s/cgroup.events", cgroup);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    freezing->watch = (struct watch){.fd = -1, .ready = changed};
    timer_init(&freezing->limit, limit_reached);
    timer_start(&freezing->limit, FREEZE_LIMIT_MS);
    if (watch_add(&freezing->watch, fd, EPOLLPRI)) return true;
    close(fd);
    timer_stop(&freezing->limit);
    return false;
}

static void set_frozen(struct call *call, const char *id, bool freeze) {
    struct container *container = container_find(id);
    if (container == NULL || container->cgroup == NULL) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "%s: invalid container id \"%s\"", call->method->name, id);
        return;
    }
    if (container->paused == freeze || container->init->exited) {
        call_fail(call, STATUS_FAILED_PRECONDITION, "%s: container %s %s", call->method->name, id,
                  container->init->exited ? "has stopped"
                  : freeze                ? "is paused already"
                                          : "is not paused");
        return;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/cgroup.freeze", container->cgroup);
    struct freezing *freezing = calloc(1, sizeof *freezing);
    if (freezing == NULL || !write_text(path, freeze ? "1" : "0") || !watch_events(freezing, container->cgroup)) {
        call_fail(call, STATUS_INTERNAL, "%s: %s: %s", call->method->name, path, strerror(errno));
        free(freezing);
        return;
    }
    freezing->call = call;
    freezing->freeze = freeze;
    snprintf(freezing->container_id, sizeof freezing->container_id, "%s", id);
    if (reached(freezing->watch.fd, freeze)) answer(freezing);
}

void handle_pause_container(struct call *call, const void *message) {
    const Grpc__PauseContainerRequest *request = message;
    set_frozen(call, request->container_id, true);
}

void handle_resume_container(struct call *call, const void *message) {
    const Grpc__ResumeContainerRequest *request = message;
    set_frozen(call, request->container_id, false);
}
