/* A daemon takes over from another one: it is started beside the one that serves, gets from it what it has to know, and asks for its place.
 * Until then whatever goes wrong is the end of the new one alone; README.md, "A daemon that takes over". */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "guard_state.h"

#define LIMIT_MS 60000            /* for a JVM to start on a busy host and to be told everything */
#define NO_LISTENER UINT32_MAX    /* it is handed over with the rest */
#define EXITS_LIMIT (512u * 1024) /* of them whom its predecessor may not have told it of */

static const struct successor nobody = {.daemon = {.in = -1, .out = -1, .errors = -1}, .channel = {.in = -1, .out = -1}};

/* All that it wrote is kept with the rest of the log. */
static void forget(struct successor *s) {
    if (s->daemon.errors >= 0) close(s->daemon.errors);
    channel_close(&s->channel);
    ring_free(&s->errors);
    bytes_free(&s->exits);
    *s = nobody;
}

void guard_successor_forget(struct guard *g) {
    if (g->successor.daemon.pid > 0) kill(g->successor.daemon.pid, SIGKILL);
    forget(&g->successor);
}

void guard_successor_start(struct guard *g, const struct request *request) {
    struct reader r = request->body;
    const char *install = read_string(&r);
    struct successor *s = &g->successor;
    struct fault f = {"the path is too long"};
    if (r.bad || install[0] != '/') {
        channel_reply(&g->channel, request->id, EINVAL, "successor: no directory of an installation");
    } else if (g->status >= 0 || g->kill_daemon_at != 0) {
        channel_reply(&g->channel, request->id, EAGAIN, "successor: the sandbox starts or ends just now");
    } else if (s->daemon.pid > 0) {
        channel_reply(&g->channel, request->id, EBUSY, "successor: there is one already");
    } else if (snprintf(s->install, sizeof s->install, "%s", install) >= (int)sizeof s->install ||
               daemon_start_successor(g->launch, install, &s->daemon, &f) != 0) {
        channel_reply(&g->channel, request->id, ENOEXEC, f.text);
        *s = nobody;
    } else {
        journal_add_process(&g->journal, s->daemon.pid, "successor");
        s->channel = (struct channel){.in = s->daemon.out, .out = s->daemon.in};
        s->deadline = now_ms() + LIMIT_MS;
        guard_hello(g, &s->channel, NO_LISTENER);
        channel_reply(&g->channel, request->id, 0, "");
    }
}

/* The one that serves hands everything over, and waits for its end. */
static void take_over(struct guard *g, uint32_t request) {
    struct successor *s = &g->successor;
    s->take_over = request;
    s->deadline = 0;
    kill(g->daemon.pid, SIGKILL);
}

static void handle_requests(struct guard *g) {
    struct successor *s = &g->successor;
    struct request request;
    enum receipt receipt = RECEIPT_NONE;
    while (s->take_over == 0 && (receipt = channel_next(&s->channel, &request)) == RECEIPT_REQUEST) {
        if (request.type == REQUEST_TAKE_OVER)
            take_over(g, request.id);
        else
            channel_reply(&s->channel, request.id, EPERM, "a daemon that has not taken over may ask for nothing else");
        channel_done(&s->channel, &request);
    }
    if (receipt == RECEIPT_GARBAGE) kill(s->daemon.pid, SIGKILL);
}

void guard_successor_turn(struct guard *g, bool readable, bool errors) {
    struct successor *s = &g->successor;
    if (s->daemon.pid == 0) return;
    if (errors) guard_read_errors(g, &s->daemon, &s->errors);
    if (readable && !channel_receive(&s->channel)) kill(s->daemon.pid, SIGKILL);
    handle_requests(g);
}

void guard_successor_watch(struct guard *g) {
    struct successor *s = &g->successor;
    if (s->deadline == 0 || now_ms() < s->deadline) return;
    s->deadline = 0;
    if (s->daemon.pid > 0) kill(s->daemon.pid, SIGKILL);
}

void guard_successor_note_exit(struct guard *g, const uint8_t *frame, size_t length) {
    struct successor *s = &g->successor;
    if (s->daemon.pid == 0) return;
    if (s->exits.length + length <= EXITS_LIMIT)
        bytes_append(&s->exits, frame, length);
    else if (s->take_over == 0)
        kill(s->daemon.pid, SIGKILL); /* it must miss none */
}

void guard_successor_exited(struct guard *g, int status) {
    struct successor *s = &g->successor;
    if (s->take_over != 0) { /* its predecessor is dead or dying: what is left is the end */
        s->daemon.pid = 0;
        return;
    }
    if (s->daemon.errors >= 0) guard_read_errors(g, &s->daemon, &s->errors);
    struct bytes text = {0};
    char end[64];
    if (WIFSIGNALED(status))
        snprintf(end, sizeof end, "killed by signal %d\n", WTERMSIG(status));
    else
        snprintf(end, sizeof end, "exit code %d\n", WEXITSTATUS(status));
    bytes_append(&text, end, strlen(end));
    ring_copy(&s->errors, &text);
    size_t at = channel_begin(&g->channel, FRAME_SUCCESSOR_ENDED, 0);
    bytes_string(&g->channel.queued, text.data, text.length);
    channel_end(&g->channel, at);
    bytes_free(&text);
    forget(s);
}

bool guard_successor_takes_over(struct guard *g) {
    struct successor *s = &g->successor;
    if (s->take_over == 0 || s->daemon.pid == 0) return false;
    while (g->daemon.errors >= 0) {
        struct pollfd p = {.fd = g->daemon.errors, .events = POLLIN};
        if (poll(&p, 1, 0) != 1) break;
        guard_read_errors(g, &g->daemon, &g->errors);
    }
    if (g->daemon.errors >= 0) close(g->daemon.errors);
    channel_close(&g->channel);
    g->daemon = s->daemon;
    journal_remove_process(&g->journal, g->daemon.pid);
    journal_add_process(&g->journal, g->daemon.pid, "daemon");
    g->channel = s->channel;
    snprintf(g->install, sizeof g->install, "%s", s->install);
    if (g->relay.listener >= 0) relay_serves(&g->relay, g->daemon.pid); /* it got the connections from its predecessor */
    size_t at = channel_begin(&g->channel, FRAME_REPLY, s->take_over);
    bytes_u32(&g->channel.queued, 0);
    bytes_u32(&g->channel.queued, g->restarts.count);
    channel_end(&g->channel, at);
    bytes_append(&g->channel.queued, s->exits.data, s->exits.length);
    ring_free(&g->errors);
    g->errors = s->errors;
    bytes_free(&s->exits);
    *s = nobody;
    if (g->kill_daemon_at != 0) kill(g->daemon.pid, SIGTERM); /* its predecessor was told the same */
    return true;
}
