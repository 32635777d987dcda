// Work that a file system of the host's may hold up for as long as it likes: done in a process of its own, since not even SIGKILL ends a
// process that waits for one, and the loop must go on.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "children.h"
#include "loop.h"

// For work that no caller waits for any longer.
enum { ASIDE_LIMIT_MS = 60000 };

struct aside {
    struct child child;
    struct timer limit;
    void (*done)(struct aside *aside, bool finished);
};

// Memory that the work shares with the agent, for what it finds; zeros. NULL with errno.
void *aside_memory(size_t size);
void aside_memory_free(void *memory, size_t size);

// Runs work(argument) in a copy of the agent that has none of its descriptors but the standard ones; 0 or an errno. `done` is called once,
// from the loop: with false if it ended by a signal, or has not ended after `limit_ms`. What goes on then is forgotten, and has its
// SIGKILL.
int aside_start(struct aside *aside, void (*work)(void *argument), void *argument, unsigned limit_ms,
                void (*done)(struct aside *aside, bool finished));
