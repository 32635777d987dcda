/* What the guard knows; shared by its loop (guard.c) and its answers to the daemon (guard_requests.c). */
#ifndef SAYA_GUARD_STATE_H
#define SAYA_GUARD_STATE_H

#include "channel.h"
#include "child.h"
#include "daemon.h"
#include "guard.h"
#include "journal.h"
#include "ring.h"

struct guard {
    struct launch *launch;
    struct daemon daemon;
    int daemon_status;    /* as of waitpid, when daemon.pid is 0 */
    struct ring errors;   /* the tail of the daemon's stderr */
    struct bytes failure; /* why the daemon failed, in its own words */
    struct channel channel;
    int status; /* to the waiting `start`; -1 when reported */
    int signals;
    int log; /* containerd's log FIFO; -1 without */
    int run_directory_lock;
    long long kill_daemon_at; /* 0: no end was asked for */
    struct child *children[CHILD_LIMIT];
    size_t child_count;
    uint32_t next_handle;
    struct journal journal;
};

/* Answers one request, or notes who will. */
void guard_request(struct guard *g, const struct request *request);

/* The result pipe of a child has something to read. */
void guard_child_result(struct guard *g, struct child *c);

/* waitpid returned a process that is not the daemon; it may be an orphan that came to the subreaper. */
void guard_child_exited(struct guard *g, pid_t pid, int status);

/* Kills and reaps every process below the guard. */
void guard_kill_children(struct guard *g, int milliseconds);

/* The daemon serves: `start` may return. */
void guard_ready(struct guard *g);

/* The daemon cannot serve, and says why. It is expected to end; `start` hears of it when all is undone. */
void guard_failed(struct guard *g, const char *text);

#endif
