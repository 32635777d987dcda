#include "loop.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <time.h>

enum { BATCH = 64 };

static int poller = -1;
static struct list timers; // by time, the next one first
static bool stopping;
static int stop_code;

// The batch being handed out, so that a watch removed by a callback is not called for an event already fetched.
static struct epoll_event batch[BATCH];
static int batch_size;

bool loop_init(void) {
    list_init(&timers);
    poller = epoll_create1(EPOLL_CLOEXEC);
    return poller >= 0;
}

uint64_t loop_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool watch_add(struct watch *watch, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) return false;
    watch->fd = fd;
    return true;
}

bool watch_change(struct watch *watch, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = watch};
    return epoll_ctl(poller, EPOLL_CTL_MOD, watch->fd, &event) == 0;
}

void watch_remove(struct watch *watch) {
    if (watch->fd < 0) return;
    epoll_ctl(poller, EPOLL_CTL_DEL, watch->fd, NULL);
    watch->fd = -1;
    for (int i = 0; i < batch_size; i++)
        if (batch[i].data.ptr == watch) batch[i].data.ptr = NULL;
}

void timer_init(struct timer *timer, void (*fired)(struct timer *timer)) {
    list_init(&timer->link);
    timer->fired = fired;
}

void timer_start(struct timer *timer, uint64_t milliseconds) {
    list_remove(&timer->link);
    timer->at = loop_now() + milliseconds;
    struct list *after = timers.prev;
    while (after != &timers && container_of(after, struct timer, link)->at > timer->at) after = after->prev;
    list_append(after->next, &timer->link);
}

void timer_stop(struct timer *timer) {
    list_remove(&timer->link);
}

bool timer_is_running(const struct timer *timer) {
    return !list_empty(&timer->link);
}

static void fire_due_timers(void) {
    uint64_t now = loop_now();
    struct list *first;
    while ((first = list_first(&timers)) != NULL) {
        struct timer *timer = container_of(first, struct timer, link);
        if (timer->at > now) return;
        list_remove(first);
        timer->fired(timer);
    }
}

static int milliseconds_to_next_timer(void) {
    struct list *first = list_first(&timers);
    if (first == NULL) return -1;
    uint64_t now = loop_now(), at = container_of(first, struct timer, link)->at;
    if (at <= now) return 0;
    return at - now > 3600000 ? 3600000 : (int)(at - now);
}

int loop_run(void) {
    while (!stopping) {
        batch_size = epoll_wait(poller, batch, BATCH, milliseconds_to_next_timer());
        if (batch_size < 0) batch_size = 0; // only EINTR can happen, and signals arrive by signalfd
        for (int i = 0; i < batch_size; i++) {
            struct watch *watch = batch[i].data.ptr;
            if (watch != NULL) watch->ready(watch, batch[i].events);
        }
        batch_size = 0;
        fire_due_timers();
    }
    return stop_code;
}

void loop_stop(int code) {
    stopping = true;
    stop_code = code;
}
