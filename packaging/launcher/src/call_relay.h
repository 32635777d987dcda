/* Stands between the shim's socket and the daemon, so that callers keep their connections when the daemon dies: whole frames are passed on,
 * and requests are kept until their answers have passed. Waits for nobody. */
#ifndef SAYA_CALL_RELAY_H
#define SAYA_CALL_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "call_line.h"

#define RELAY_LINES 1024 /* as many as the daemon serves; one more is closed */
#define RELAY_DESCRIPTORS (1 + 2 * RELAY_LINES)

struct relay {
    int listener;     /* the shim's socket; -1: the daemon serves it by itself */
    char socket[108]; /* on which the daemon listens instead */
    pid_t daemon;     /* 0: there is none just now, and requests wait */
    bool dying;       /* it is to get nothing more */
    struct line *lines[RELAY_LINES];
    size_t count;
    long long rests;    /* until then nothing is accepted, for want of descriptors */
    long long connects; /* when it tries again to connect; 0: nothing waits for that */
};

/* Begins to accept; -1 and errno. The listener belongs to the relay from now on. */
int relay_begin(struct relay *r, int listener, const char *run_directory);

/* This daemon listens. */
void relay_serves(struct relay *r, pid_t daemon);

/* The daemon is about to die: what comes from now on waits for the next one. */
void relay_expect_end(struct relay *r);

/* Adds what it waits for, and shortens the timeout (-1: none). */
nfds_t relay_poll(const struct relay *r, struct pollfd *fds, int *timeout);

/* Reads and writes; `fds` as relay_poll has filled them, and poll(2). */
void relay_turn(struct relay *r, const struct pollfd *fds);

/* The daemon is dead: what it had answered goes to the callers, all else waits for the next one. False if a call was in progress that must
 * not be carried out twice. */
bool relay_part(struct relay *r);

/* From now on nobody can connect. */
void relay_refuse(struct relay *r);

/* Hangs up on everybody. What was answered is written before that, if it is taken within this time. */
void relay_end(struct relay *r, int milliseconds);

#endif
