/* What the guard knows; shared by its loop (guard.c) and its answers to the daemon (guard_requests.c). */
#ifndef SAYA_GUARD_STATE_H
#define SAYA_GUARD_STATE_H

#include <limits.h>

#include "call_relay.h"
#include "channel.h"
#include "child.h"
#include "daemon.h"
#include "guard.h"
#include "journal.h"
#include "ring.h"

/* A daemon that is to take over from the one that serves (guard_successor.c). */
struct successor {
    struct daemon daemon; /* pid 0: there is none */
    struct channel channel;
    struct ring errors;
    uint32_t take_over; /* its request, once the daemon that serves was killed for it; 0 before */
    long long deadline;
    struct bytes exits; /* frames: who has exited since it was started, for whom it does not know them from its predecessor */
    char install[PATH_MAX];
};

#define RESTARTS_LIMIT 10 /* that can be asked for, in an hour */

/* Another daemon in the place of one that died (guard_restart.c). */
struct restarts {
    uint32_t allowed; /* in an hour; 0: none */
    uint32_t count;   /* since the guard began */
    long long times[RESTARTS_LIMIT];
    long long deadline; /* for one that was started to be ready; 0: none is */
    bool taken_over;    /* it knows its sandbox, and may ask for anything */
    bool exits_lost;    /* there were too many: nobody can be told of all of them */
    struct bytes exits; /* frames: who has exited so far */
};

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
    bool ending;              /* one was, for whatever reason */
    struct child *children[CHILD_LIMIT];
    size_t child_count;
    uint32_t next_handle;
    struct journal journal;
    struct successor successor;
    char install[PATH_MAX]; /* that the daemon is of */
    struct relay relay;
    struct restarts restarts;
};

/* Answers one request, or notes who will. */
void guard_request(struct guard *g, const struct request *request);

/* The result pipe of a child has something to read. */
void guard_child_result(struct guard *g, struct child *c);

/* waitpid returned a process that is not the daemon; it may be an orphan that came to the subreaper. */
void guard_child_exited(struct guard *g, pid_t pid, int status);

/* Kills and reaps every process below the guard. */
void guard_kill_children(struct guard *g, int milliseconds);

/* The first frame for a daemon. */
void guard_hello(struct guard *g, struct channel *channel, uint32_t listener);

/* Reads the daemon's stderr, which is its log. */
void guard_read_errors(struct guard *g, struct daemon *daemon, struct ring *tail);

/* Starts a daemon that is to take over; answers the request. */
void guard_successor_start(struct guard *g, const struct request *request);
/* Something of it can be read or written. */
void guard_successor_turn(struct guard *g, bool readable, bool errors);
/* Its time may be over. */
void guard_successor_watch(struct guard *g);
/* waitpid returned it, or the daemon that serves: true if that one makes room for it. */
void guard_successor_exited(struct guard *g, int status);
bool guard_successor_takes_over(struct guard *g);
/* Lets it know of an exit as well. */
void guard_successor_note_exit(struct guard *g, const uint8_t *frame, size_t length);
/* At the end of the guard. */
void guard_successor_forget(struct guard *g);

/* The daemon wants the guard to relay its callers, and to be followed by another one when it dies; answers the request. */
void guard_relay(struct guard *g, const struct request *request);
/* The daemon is dead: true if another one was started in its place. */
bool guard_restart(struct guard *g);
/* That one asks for its place: the reply, then who has exited so far. */
void guard_restart_take_over(struct guard *g, const struct request *request);
/* Its time may be over. */
void guard_restart_watch(struct guard *g);
void guard_restart_note_exit(struct guard *g, uint32_t handle, uint8_t kind, uint32_t value);
/* It is ready. */
void guard_restarted(struct guard *g);
/* From now on nothing else than the end is wanted. */
void guard_stop_daemon(struct guard *g, int number, int limit_ms);

/* The daemon serves: `start` may return. */
void guard_ready(struct guard *g);

/* The daemon cannot serve, and says why. It is expected to end; `start` hears of it when all is undone. */
void guard_failed(struct guard *g, const char *text);

#endif
