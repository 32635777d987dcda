/* The process that stays: parent of the daemon and of everything that belongs to the sandbox. */
#ifndef SAYA_GUARD_H
#define SAYA_GUARD_H

#include "bundle.h"
#include "bytes.h"
#include "flags.h"
#include "sandbox_paths.h"
#include "shim_socket.h"
#include "tsc.h"

struct launch {
    int argc;
    char **argv;
    const struct flags *flags;
    const struct bundle *bundle;
    const struct sandbox_paths *paths;
    struct bytes *bootstrap;   /* what came on stdin; given to the daemon, then freed */
    struct shim_socket socket; /* listening */
    int status;                /* to the waiting `start`: one STATUS byte, text, end */
    int oom_score_adj;
    struct tsc_mark began; /* from here on the frequency of the TSC is measured */
};

enum { STATUS_READY = 'R', STATUS_FAILED = 'F' };

/* Detaches from the caller, starts the daemon and looks after it to the end. Does not return. */
void guard_run(struct launch *launch) __attribute__((noreturn));

#endif
