// Taking a container away: kill, wait until everything has exited, have crun clean up, undo the mounts.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "container.h"
#include "crun.h"
#include "loop.h"

struct removal {
    struct container *container; // NULL once it is gone
    struct crun crun;
    struct timer limit;
    bool deleting, use_crun;
    // error is NULL if the container is gone; otherwise it stays as it is.
    void (*done)(struct removal *removal, const char *error);
};

// Starts; `done` may be called at once. A limit of 0 is a default of half a minute. Without crun the cgroup and crun's own files
// stay: for a guest that is about to be switched off.
void removal_start(struct removal *removal, struct container *container, uint64_t limit_ms, bool use_crun,
                   void (*done)(struct removal *removal, const char *error));

// Something the removal may have waited for has happened.
void removal_go_on(struct container *container);

void handle_remove_container(struct call *call, const void *message);
