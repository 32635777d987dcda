/* The JVM. */
#ifndef SAYA_DAEMON_H
#define SAYA_DAEMON_H

#include <sys/types.h>

#include "guard.h"

/* The daemon finds its listening socket as this descriptor. */
#define DAEMON_LISTENER 3

struct daemon {
    pid_t pid;
    int in;     /* write end of its stdin */
    int out;    /* read end of its stdout */
    int errors; /* read end of its stderr, which is also its log */
};

int daemon_start(const struct launch *launch, struct daemon *daemon, struct fault *f);

#endif
