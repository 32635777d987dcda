// A question about one path, asked by a process that may hang: what is behind the path can be the host's.
#pragma once

#include <sys/statvfs.h>

#include "call.h"

// In memory that the process shares with the agent.
struct answer {
    int error; // errno, 0 if there is none
    union {
        struct statvfs figures;
        char text[4097];
    };
};

// Runs `work` in a process of its own, and `then`, which answers the call. The path must stay valid as long as the call.
void question_ask(struct call *call, const char *path, void (*work)(const char *path, struct answer *answer),
                  void (*then)(struct call *call, const char *path, const struct answer *answer));
