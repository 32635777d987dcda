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
static char *pending[PENDING_LIMIT];
static unsigned pending_count;

static void answer(struct call *call, char *id) {
    Grpc__OOMEvent event = GRPC__OOMEVENT__INIT;
    event.container_id = id;
    call_reply(call, &event.base);
}

static void publish(const char *id) {
    struct list *first = list_first(&callers);
    char *copy = strdup(id);
    if (copy == NULL) return;
    if (first != NULL) {
        answer(container_of(first, struct call, waiting), copy);
        free(copy);
    } else if (pending_count < PENDING_LIMIT) {
        pending[pending_count++] = copy;
    } else {
        log_warn("container %s: out-of-memory event dropped, %d wait to be fetched", id, PENDING_LIMIT);
        free(copy);
    }
}

static uint64_t kills(const struct container *container) {
    char path[4096], text[512];
    snprintf(path, sizeof path, "%s/memory.events", container->cgroup);
    if (read_text(path, text, sizeof text) < 0) return 0;
    const char *line = strstr(text, "oom_kill ");
    return line == NULL ? 0 : strtoull(line + 9, NULL, 10);
}

static void check(struct container *container) {
    uint64_t now = kills(container);
    if (now <= container->oom_kills) return;
    container->oom_kills = now;
    log_info("container %s: a process was killed, it was out of memory", container->id);
    publish(container->id);
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
    char *id = pending[0];
    memmove(pending, pending + 1, --pending_count * sizeof *pending);
    answer(call, id);
    free(id);
}
