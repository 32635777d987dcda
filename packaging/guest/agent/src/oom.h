// Out-of-memory kills in containers.
#pragma once

#include <stdbool.h>

#include "call.h"

struct container;

bool oom_init(void);

// Watches the container's memory.events, where there is one.
void oom_watch(struct container *container);
void oom_unwatch(struct container *container);

// Answers with the id of a container that had a kill, now or when there is one.
void handle_get_oom_event(struct call *call, const void *message);
