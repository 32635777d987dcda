#include "oom.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "agent/agent.pb-c.h"
#include "container.h"
#include "files.h"
#include "log.h"
#include "sandbox.h"

// Events nobody has asked for yet. A client asks all the time; what is more than this has lost its meaning.
enum { PENDING_LIMIT = 64 };

static struct watch inotify = {.fd = -1};
static struct list callers = {&callers, &callers};
static struct event {
    char *id;
    const char *exhausted;
} pending[PENDING_LIMIT];
static unsigned pending_count;

static void answer(struct call *call, const struct event *what) {
    char exhausted[16];
    Grpc__OOMEvent event = GRPC__OOMEVENT__INIT;
    snprintf(exhausted, sizeof exhausted, "%s", what->exhausted);
    event.container_id = what->id;
    event.exhausted = exhausted;
    call_reply(call, &event.base);
}

static void publish(const char *id, const char *exhausted) {
    struct list *first = list_first(&callers);
    char *copy = strdup(id);
    struct event event = {.id = copy, .exhausted = exhausted};
    if (copy == NULL) return;
    if (first != NULL) {
        answer(container_of(first, struct call, waiting), &event);
        free(copy);
    } else if (pending_count < PENDING_LIMIT) {
        pending[pending_count++] = event;
    } else {
        log_warn("container %s: out-of-memory event dropped, %d wait to be fetched", id, PENDING_LIMIT);
        free(copy);
    }
}

// A figure of a file of the cgroup, or of the one above it; `figure` begins with the end of the line before.
static uint64_t count(const struct container *container, const char *file, const char *figure) {
    char path[4096], text[512] = "\n";
    snprintf(path, sizeof path, "%s/%s", container->cgroup, file);
    if (read_text(path, text + 1, sizeof text - 1) < 0) return 0;
    const char *line = strstr(text, figure);
    return line == NULL ? 0 : strtoull(line + strlen(figure), NULL, 10);
}

// Whose memory was exhausted: each cgroup counts how often its own limit had a process killed, the root has none.
static const char *exhausted(struct container *container) {
    uint64_t own = count(container, "memory.events", "\noom "), pods = count(container, "../memory.events.local", "\noom ");
    bool of_container = own > container->oom_limits, of_pod = pods > container->oom_pods;
    container->oom_limits = own;
    container->oom_pods = pods;
    return of_container ? "container" : of_pod ? "pod" : "guest";
}

static void check(struct container *container) {
    uint64_t now = count(container, "memory.events", "\noom_kill ");
    if (now <= container->oom_kills) return;
    container->oom_kills = now;
    const char *whose = exhausted(container);
    log_info("container %s: a process was killed, it was out of memory: that of the %s is exhausted", container->id, whose);
    publish(container->id, whose);
}

static void ready(struct watch *watch, uint32_t events) {
    (void)events;
    char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t length;
    while ((length = read(watch->fd, buffer, sizeof buffer)) > 0)
        for (char *at = buffer; at < buffer + length;) {
            const struct inotify_event *event = (const struct inotify_event *)at;
            at += sizeof *event + event->len;
            list_each(node, &sandbox.containers) {
                struct container *container = container_of(node, struct container, link);
                if (container->oom_watch == event->wd) check(container);
            }
        }
}

bool oom_init(void) {
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    inotify.ready = ready;
    return fd >= 0 && watch_add(&inotify, fd, EPOLLIN);
}

void oom_watch(struct container *container) {
    if (container->cgroup == NULL) return;
    char path[4096];
    snprintf(path, sizeof path, "%s/memory.events", container->cgroup);
    container->oom_pods = count(container, "../memory.events.local", "\noom ");
    container->oom_watch = inotify_add_watch(inotify.fd, path, IN_MODIFY);
    if (container->oom_watch < 0) log_debug("%s: %s", path, strerror(errno));
}

void oom_unwatch(struct container *container) {
    if (container->oom_watch < 0) return;
    check(container); // the last kill may have been the end of the container
    inotify_rm_watch(inotify.fd, container->oom_watch);
    container->oom_watch = -1;
}

static void caller_abandoned(struct call *call) {
    (void)call; // being freed takes it out of the list
}

void handle_get_oom_event(struct call *call, const void *message) {
    (void)message;
    if (pending_count == 0) {
        call_wait(call, &callers, NULL, caller_abandoned);
        return;
    }
    struct event first = pending[0];
    memmove(pending, pending + 1, --pending_count * sizeof *pending);
    answer(call, &first);
    free(first.id);
}
