// Memory of the containers that the kernel gives up on request: page cache, and what else it can make again.
//
// The kernel works while somebody writes to memory.reclaim, for seconds where it finds little. So a process of its own does that: this
// program under another name, which prints how much has become free.
#pragma once

#include <stdbool.h>

#include "call.h"

// True if the program was started to do the work.
bool reclaim_is_meant(const char *program);

// Does the work; its only word is the number of bytes. The exit status.
int reclaim_run(int count, char **words);

void handle_reclaim(struct call *call, const void *message);
