/* A daemon that dies is followed by another one, where it has asked for that: the guard has QEMU and all other processes, and the callers'
 * connections (call_relay.h). Only what rests is taken over; whatever goes wrong is the sandbox's end, as without it. README.md, "A daemon
 * that follows one that died". */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "guard_state.h"

#define READY_LIMIT_MS 20000
#define HOUR_MS (3600 * 1000LL)
#define NO_LISTENER UINT32_MAX
#define EXITS_LIMIT (512u * 1024)

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* A copy of a descriptor of the daemon's; -1 and errno. */
static int descriptor_of(pid_t pid, uint32_t number) {
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process < 0) return -1;
    int fd = (int)syscall(SYS_pidfd_getfd, process, number, 0);
    int error = errno;
    close(process);
    errno = error;
    return fd;
}

void guard_relay(struct guard *g, const struct request *request) {
    struct reader r = request->body;
    uint32_t listener = read_u32(&r), allowed = read_u32(&r);
    char detail[256];
    if (r.bad || allowed > RESTARTS_LIMIT || (g->relay.listener < 0) != (listener != NO_LISTENER)) {
        channel_reply(&g->channel, request->id, EINVAL, "relay: a listening socket, once, and as many restarts an hour as can be");
        return;
    }
    if (listener != NO_LISTENER) {
        int fd = descriptor_of(g->daemon.pid, listener);
        if (fd < 0 || relay_begin(&g->relay, fd, g->launch->paths->run_directory) != 0) {
            int error = errno;
            if (fd >= 0) close(fd);
            snprintf(detail, sizeof detail, "relay: the daemon's descriptor %u cannot be had: %s", listener, strerror(error));
            channel_reply(&g->channel, request->id, error, detail);
            return;
        }
    }
    g->restarts.allowed = allowed;
    relay_serves(&g->relay, g->daemon.pid);
    channel_reply(&g->channel, request->id, 0, "");
}

/* Notes one more; false if there were as many within the hour as may be. */
static bool count(struct restarts *r) {
    long long now = now_ms();
    uint32_t recent = 0;
    for (uint32_t i = 0; i < r->count && i < RESTARTS_LIMIT; i++) recent += r->times[i] > now - HOUR_MS;
    if (recent >= r->allowed) return false;
    r->times[r->count++ % RESTARTS_LIMIT] = now;
    return true;
}

/* NULL if it is to be followed by another one; else why not. */
static const char *obstacle(struct guard *g) {
    /* First: at its limit the guard itself has it end. */
    if (g->restarts.deadline != 0) return "it was to follow another one, and was not ready yet";
    if (g->ending || g->status >= 0) return "the sandbox was to end";
    if (WIFEXITED(g->daemon_status) && WEXITSTATUS(g->daemon_status) == 0) return "it has ended in good order";
    if (g->successor.daemon.pid > 0) return "an upgrade was under way";
    if (g->restarts.exits_lost) return "more processes have ended than could be kept in mind";
    if (!relay_part(&g->relay)) return "a call was in progress that may not be carried out twice";
    if (!count(&g->restarts)) return "that has happened too often within an hour";
    return NULL;
}

static void say(struct guard *g, const char *sentence, const char *why) {
    char text[512], end[64];
    int status = g->daemon_status;
    if (WIFSIGNALED(status))
        snprintf(end, sizeof end, "killed by signal %d", WTERMSIG(status));
    else
        snprintf(end, sizeof end, "exit code %d", WEXITSTATUS(status));
    int length =
        snprintf(text, sizeof text, "saya: guard: daemon of sandbox %s: %s; %s%s\n", g->launch->bundle->sandbox_id, end, sentence, why);
    if (g->log >= 0) (void)!write(g->log, text, length < (int)sizeof text ? (size_t)length : sizeof text - 1);
}

/* What the dead one has asked for, nobody waits for any more; what came of it, nobody knows by its handle. */
static void abandon_requests(struct guard *g) {
    for (size_t i = 0; i < g->child_count; i++) {
        struct child *c = g->children[i];
        if (c->request == 0) continue;
        c->request = 0;
        c->abandoned = true;
        if (c->kind == CHILD_PROCESS || c->kind == CHILD_STAND_IN) kill(c->pid, SIGKILL);
    }
}

static void forget_daemon(struct guard *g) {
    while (g->daemon.errors >= 0) {
        struct pollfd p = {.fd = g->daemon.errors, .events = POLLIN};
        if (poll(&p, 1, 0) != 1) break;
        guard_read_errors(g, &g->daemon, &g->errors);
    }
    if (g->daemon.errors >= 0) close(g->daemon.errors);
    channel_close(&g->channel);
    ring_free(&g->errors);
    g->daemon = (struct daemon){.in = -1, .out = -1, .errors = -1};
    g->kill_daemon_at = 0;
}

bool guard_restart(struct guard *g) {
    if (g->relay.listener < 0 || g->restarts.allowed == 0) return false;
    const char *why = obstacle(g);
    if (why) {
        if (g->daemon_status != 0) say(g, "no other one is started: ", why);
        return false;
    }
    say(g, "another one is started", "");
    abandon_requests(g);
    forget_daemon(g);
    struct fault f;
    if (daemon_start_again(g->launch, g->install, &g->daemon, &f) != 0) {
        say(g, "no other one can be started: ", f.text);
        g->daemon.pid = 0;
        return false;
    }
    journal_add_process(&g->journal, g->daemon.pid, "daemon");
    g->channel = (struct channel){.in = g->daemon.out, .out = g->daemon.in};
    g->restarts.taken_over = false;
    g->restarts.deadline = now_ms() + READY_LIMIT_MS;
    guard_hello(g, &g->channel, NO_LISTENER);
    return true;
}

void guard_restart_take_over(struct guard *g, const struct request *request) {
    struct restarts *r = &g->restarts;
    if (r->deadline == 0 || r->taken_over) {
        channel_reply(&g->channel, request->id, EPERM, "take over: there is nobody before this daemon");
        return;
    }
    r->taken_over = true;
    size_t at = channel_begin(&g->channel, FRAME_REPLY, request->id);
    bytes_u32(&g->channel.queued, 0);
    bytes_u32(&g->channel.queued, r->count);
    channel_end(&g->channel, at);
    bytes_append(&g->channel.queued, r->exits.data, r->exits.length);
}

void guard_restart_watch(struct guard *g) {
    if (g->restarts.deadline != 0 && now_ms() >= g->restarts.deadline && !g->ending) guard_stop_daemon(g, SIGKILL, 0);
}

void guard_restart_note_exit(struct guard *g, uint32_t handle, uint8_t kind, uint32_t value) {
    struct restarts *r = &g->restarts;
    if (r->allowed == 0 || r->exits_lost) return;
    /* Without what it wrote last: a pod may have any number of hooks. */
    struct channel frame = {.in = -1, .out = -1};
    size_t at = channel_begin(&frame, FRAME_EXITED, 0);
    bytes_u32(&frame.queued, handle);
    bytes_u8(&frame.queued, kind);
    bytes_u32(&frame.queued, value);
    bytes_text(&frame.queued, "");
    channel_end(&frame, at);
    if (r->exits.length + frame.queued.length <= EXITS_LIMIT) {
        bytes_append(&r->exits, frame.queued.data, frame.queued.length);
    } else {
        r->exits_lost = true;
        bytes_free(&r->exits);
    }
    channel_close(&frame);
}

void guard_restarted(struct guard *g) {
    g->restarts.deadline = 0;
}
