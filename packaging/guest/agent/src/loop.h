// The one event loop: file descriptors and timers. Everything in the agent runs on it, so no callback may block.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "list.h"

struct watch {
    int fd; // -1 while not watched
    void (*ready)(struct watch *watch, uint32_t events);
};

struct timer {
    struct list link;
    uint64_t at;
    void (*fired)(struct timer *timer);
};

// Makes the loop; false if the kernel refuses, errno says why.
bool loop_init(void);

// Runs until loop_stop and returns its code.
int loop_run(void);
void loop_stop(int code);

// Milliseconds of the monotonic clock.
uint64_t loop_now(void);

// Watches a descriptor for EPOLL* events; `ready` must be set. Descriptors stay the owner's to close, after watch_remove.
bool watch_add(struct watch *watch, int fd, uint32_t events);
bool watch_change(struct watch *watch, uint32_t events);
void watch_remove(struct watch *watch);

// A timer fires once. Starting a running one moves it; stopping an idle one does nothing.
void timer_init(struct timer *timer, void (*fired)(struct timer *timer));
void timer_start(struct timer *timer, uint64_t milliseconds);
void timer_stop(struct timer *timer);
bool timer_is_running(const struct timer *timer);
