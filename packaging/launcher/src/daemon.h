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

/* The one that `start` starts, from the installation that this program is of. */
int daemon_start(const struct launch *launch, struct daemon *daemon, struct fault *f);

/* Where that is. */
int daemon_installation(char *directory, size_t size, struct fault *f);

/* One in the place of a daemon of this installation that died. */
int daemon_start_again(const struct launch *launch, const char *install, struct daemon *daemon, struct fault *f);

/* One that is to take over from the one that serves, from the installation in this directory. It gets the sockets from that one. */
int daemon_start_successor(const struct launch *launch, const char *install, struct daemon *daemon, struct fault *f);

#endif
