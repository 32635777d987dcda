#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cores.h"
#include "files.h"
#include "guard_state.h"
#include "processes.h"
#include "record.h"
#include "rights.h"
#include "run_directory.h"
#include "title.h"

#define LOCK_LIMIT_MS 10000     /* a sandbox of the same name may still be on its way out */
#define SHUTDOWN_LIMIT_MS 15000 /* an orderly end takes a guest's shutdown; then the daemon is killed */
#define FAILURE_LIMIT_MS 5000   /* a daemon that has said that it failed ends by itself */
#define CRASH_LIMIT_MS 1000     /* a JVM that crashes has said why by then */
#define TEARDOWN_LIMIT_MS 5000
#define ANSWERS_LIMIT_MS 1000 /* for a caller to take an answer that the daemon had given */
#define LAST_LIMIT_MS 60000   /* for a cgroup that the kernel has not let go of: on a busy host the end of a process there takes its time */

/* Tells the waiting `start` how it went. */
static void report(struct guard *g, char status, const char *text) {
    if (g->status < 0) return;
    struct bytes b = {0};
    bytes_u8(&b, (uint8_t)status);
    bytes_append(&b, text, strlen(text));
    fcntl(g->status, F_SETFL, O_NONBLOCK);
    (void)!write(g->status, b.data, b.length); /* fits the pipe's 64 KiB */
    bytes_free(&b);
    close(g->status);
    g->status = -1;
}

static void log_line(struct guard *g, const char *text) {
    if (g->log >= 0) (void)!write(g->log, text, strlen(text));
}

/* `ps` shows whose guard this is. */
static void set_title(const struct launch *launch) {
    char title[512];
    snprintf(title, sizeof title, "saya-guard -namespace %s -id %s", launch->flags->namespace, launch->bundle->sandbox_id);
    title_set(launch, "saya-guard", title);
}

static int open_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_SETMASK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void set_oom_score(int value) {
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, text, strlen(text)); /* not worth failing for */
        close(fd);
    }
}

/* containerd asks for it by the environment. */
static void take_cores(struct guard *g) {
    const char *asked = getenv("SCHED_CORE");
    if (!asked || !*asked || cores_share_with_nobody()) return;
    char line[256];
    snprintf(line, sizeof line, "saya: guard: SCHED_CORE is set, but other processes may run on this sandbox's cores: %s\n",
             cores_problem(errno));
    log_line(g, line);
}

/* Gets the run directory, empty, and the lock on it. */
static int own_run_directory(struct guard *g, struct fault *f) {
    const struct sandbox_paths *paths = g->launch->paths;
    for (int attempt = 0; attempt < 3; attempt++) {
        g->run_directory_lock = run_directory_lock(paths, 1, LOCK_LIMIT_MS);
        if (g->run_directory_lock < 0) return fault(f, "run directory %s: %s", paths->run_directory, strerror(errno));
        if (directory_empty(paths->run_directory)) return 0;
        run_directory_clean(paths, EMPTY_LIMIT_MS); /* left by a guard that was killed; the directory goes as well */
        close(g->run_directory_lock);
        g->run_directory_lock = -1;
    }
    return fault(f,
                 "run directory %s: something of an earlier sandbox cannot be removed (expected: no mounts and "
                 "processes there, and nobody else in its cgroups; see %s and %s in it)",
                 paths->run_directory, JOURNAL_NAME, RECORD_NAME);
}

void guard_hello(struct guard *g, struct channel *channel, uint32_t listener) {
    struct bytes *b = &channel->queued;
    size_t at = channel_begin(channel, FRAME_HELLO, 0);
    bytes_u32(b, PROTOCOL_VERSION);
    bytes_u32(b, listener);
    bytes_text(b, g->launch->paths->address);
    bytes_text(b, g->launch->paths->run_directory);
    bytes_text(b, g->launch->bundle->sandbox_id);
    bytes_string(b, g->launch->bootstrap->data, g->launch->bootstrap->length);
    channel_end(channel, at);
}

static int set_up(struct guard *g, struct fault *f) {
    struct launch *launch = g->launch;
    static struct flags flags;
    flags = flags_copy(launch->flags);
    launch->flags = &flags;
    set_title(launch); /* writes over argv, into which the flags pointed */
    set_oom_score(launch->oom_score_adj);
    g->log = bundle_open_log(launch->bundle->path);
    if (chdir("/") != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || (g->signals = open_signals()) < 0)
        return fault(f, "guard: %s", strerror(errno));
    take_cores(g);
    if (!rights_of_guard()) return fault(f, "guard: give up rights that it does not need: %s", strerror(errno));
    umask(077);
    if (own_run_directory(g, f) != 0) return -1;
    if (journal_create(&g->journal, launch->paths->run_directory, launch->paths->socket) != 0)
        return fault(f, "%s/%s: %s", launch->paths->run_directory, JOURNAL_NAME, strerror(errno));
    journal_add_process(&g->journal, getpid(), "guard");
    if (daemon_installation(g->install, sizeof g->install, f) != 0 || daemon_start(launch, &g->daemon, f) != 0) return -1;
    journal_add_process(&g->journal, g->daemon.pid, "daemon");
    g->channel = (struct channel){.in = g->daemon.out, .out = g->daemon.in};
    /* From here on the daemon alone holds the listening socket: when it dies, callers learn it at once. */
    close(launch->socket.fd);
    launch->socket.fd = -1;
    guard_hello(g, &g->channel, DAEMON_LISTENER);
    /* While the daemon comes up, which takes longer. */
    run_directories_sweep(launch->paths);
    return 0;
}

/* The daemon is asked to end; it may not take for ever. */
void guard_stop_daemon(struct guard *g, int number, int limit_ms) {
    g->ending = true;
    if (g->daemon.pid > 0) kill(g->daemon.pid, number); /* number 0: no signal */
    long long deadline = now_ms() + limit_ms;
    if (g->kill_daemon_at == 0 || deadline < g->kill_daemon_at) g->kill_daemon_at = deadline;
}

void guard_ready(struct guard *g) {
    report(g, STATUS_READY, "");
}

void guard_failed(struct guard *g, const char *text) {
    g->failure.length = 0;
    bytes_append(&g->failure, text, strlen(text));
    guard_stop_daemon(g, 0, FAILURE_LIMIT_MS);
}

static void handle_signals(struct guard *g) {
    struct signalfd_siginfo info;
    while (read(g->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) guard_stop_daemon(g, SIGTERM, SHUTDOWN_LIMIT_MS);
}

static void reap(struct guard *g) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        journal_remove_process(&g->journal, pid);
        if (pid == g->successor.daemon.pid) {
            guard_successor_exited(g, status);
        } else if (pid != g->daemon.pid) {
            guard_child_exited(g, pid, status);
        } else if (!guard_successor_takes_over(g)) {
            g->daemon.pid = 0;
            g->daemon_status = status;
        }
    }
}

void guard_read_errors(struct guard *g, struct daemon *daemon, struct ring *tail) {
    char buffer[4096];
    ssize_t n = read(daemon->errors, buffer, sizeof buffer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        close(daemon->errors);
        daemon->errors = -1;
        return;
    }
    ring_write(tail, buffer, (size_t)n);
    if (g->log >= 0) (void)!write(g->log, buffer, (size_t)n); /* a log that nobody reads is full, not a reason to wait */
}

/* A JVM that crashes says so on its stdout as well, whatever its options. What it has to say of that to its log takes a moment, in which it
 * still runs, but is to carry nothing out any more. */
static void refuse_to_listen(struct guard *g) {
    log_line(g, "saya: guard: the daemon wrote to its stdout what is no request; it has a second to end\n");
    close(g->channel.in);
    g->channel.in = -1;
    bytes_free(&g->channel.received);
    if (g->restarts.allowed > 0 && g->status < 0 && !g->ending) {
        relay_expect_end(&g->relay);
        g->kill_daemon_at = now_ms() + CRASH_LIMIT_MS;
    } else {
        guard_stop_daemon(g, 0, CRASH_LIMIT_MS);
    }
}

static void handle_requests(struct guard *g) {
    struct request request;
    enum receipt receipt = RECEIPT_NONE;
    while (!channel_congested(&g->channel) && (receipt = channel_next(&g->channel, &request)) == RECEIPT_REQUEST) {
        guard_request(g, &request);
        channel_done(&g->channel, &request);
    }
    if (receipt == RECEIPT_GARBAGE) refuse_to_listen(g);
}

/* It has closed its end of the channel because it dies: another one may take its place. */
static bool may_be_followed(const struct guard *g) {
    return g->restarts.allowed > 0 && process_is_ending(g->daemon.pid);
}

/* One round: waits for something, then serves all of it. */
static void turn(struct guard *g) {
    enum { SIGNALS, REQUESTS, REPLIES, ERRORS, STATUS, SUCCESSOR, SUCCESSOR_REPLIES, SUCCESSOR_ERRORS, CHILDREN };
    static struct pollfd fds[CHILDREN + 2 * CHILD_LIMIT + RELAY_DESCRIPTORS];
    struct channel *c = &g->channel;
    struct successor *next = &g->successor;
    nfds_t n = 0;
    fds[n++] = (struct pollfd){.fd = g->signals, .events = POLLIN};
    fds[n++] = (struct pollfd){.fd = channel_congested(c) ? -1 : c->in, .events = POLLIN};
    fds[n++] = (struct pollfd){.fd = c->queued.length > 0 ? c->out : -1, .events = POLLOUT};
    fds[n++] = (struct pollfd){.fd = g->daemon.errors, .events = POLLIN};
    fds[n++] = (struct pollfd){.fd = g->status, .events = 0};
    fds[n++] = (struct pollfd){.fd = next->channel.in, .events = POLLIN};
    fds[n++] = (struct pollfd){.fd = next->channel.queued.length > 0 ? next->channel.out : -1, .events = POLLOUT};
    fds[n++] = (struct pollfd){.fd = next->daemon.errors, .events = POLLIN};
    int timeout = -1;
    for (size_t i = 0; i < g->child_count; i++) {
        long long rest = g->children[i]->rests ? g->children[i]->rests - now_ms() : 0;
        if (rest > 0 && (timeout < 0 || rest < timeout)) timeout = (int)rest;
        fds[n++] = (struct pollfd){.fd = rest > 0 ? -1 : g->children[i]->output, .events = POLLIN};
        fds[n++] = (struct pollfd){.fd = g->children[i]->result, .events = POLLIN};
    }
    const nfds_t relayed = n;
    n += relay_poll(&g->relay, fds + n, &timeout);
    const long long limits[] = {g->kill_daemon_at, next->deadline, g->ending ? 0 : g->restarts.deadline};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (limits[i] == 0) continue;
        long long left = limits[i] - now_ms();
        if (left < 0) left = 0;
        if (timeout < 0 || left < timeout) timeout = (int)left;
    }
    int ready = poll(fds, n, timeout);
    guard_successor_watch(g);
    guard_restart_watch(g);
    if (g->kill_daemon_at != 0 && now_ms() >= g->kill_daemon_at && g->daemon.pid > 0) {
        kill(g->daemon.pid, SIGKILL);
        g->kill_daemon_at = 0;
    }
    if (ready < 0) return;
    relay_turn(&g->relay, fds + relayed);
    if (ready == 0) return;
    /* Children first, as found by poll: requests and signals change the table. */
    for (size_t i = g->child_count; i-- > 0;) {
        if (fds[CHILDREN + 2 * i].revents) child_read_output(g->children[i]);
        if (fds[CHILDREN + 1 + 2 * i].revents) guard_child_result(g, g->children[i]);
    }
    if (fds[ERRORS].revents) guard_read_errors(g, &g->daemon, &g->errors);
    if (fds[STATUS].revents) { /* `start` was killed, or gave up: nobody will ever come */
        close(g->status);
        g->status = -1;
        guard_stop_daemon(g, SIGTERM, SHUTDOWN_LIMIT_MS);
    }
    if (fds[REQUESTS].revents && !channel_receive(c) && next->take_over == 0 && !may_be_followed(g))
        guard_stop_daemon(g, SIGTERM, SHUTDOWN_LIMIT_MS); /* without its end of the channel it cannot go on */
    handle_requests(g);
    guard_successor_turn(g, fds[SUCCESSOR].revents != 0, fds[SUCCESSOR_ERRORS].revents != 0);
    if (fds[SIGNALS].revents) {
        handle_signals(g);
        reap(g);
    }
    channel_flush(c);
    channel_flush(&next->channel);
}

static void describe_end(const struct guard *g, char *text, size_t size) {
    int status = g->daemon_status;
    if (WIFSIGNALED(status))
        snprintf(text, size, "saya: daemon of sandbox %s: killed by signal %d", g->launch->bundle->sandbox_id, WTERMSIG(status));
    else
        snprintf(text, size, "saya: daemon of sandbox %s: exit code %d", g->launch->bundle->sandbox_id, WEXITSTATUS(status));
}

/* The daemon is gone: so goes everything of the sandbox. */
static void tear_down(struct guard *g) {
    char end[256];
    describe_end(g, end, sizeof end);
    while (g->daemon.errors >= 0) {
        struct pollfd p = {.fd = g->daemon.errors, .events = POLLIN};
        if (poll(&p, 1, 0) != 1) break;
        guard_read_errors(g, &g->daemon, &g->errors);
    }
    channel_close(&g->channel);
    relay_refuse(&g->relay);
    guard_successor_forget(g);
    guard_kill_children(g, TEARDOWN_LIMIT_MS);
    relay_end(&g->relay, ANSWERS_LIMIT_MS); /* who waits for a Kill waits until it is so */
    bytes_free(&g->restarts.exits);
    journal_close(&g->journal);
    shim_socket_release(g->launch->paths->socket, &g->launch->socket);
    bool left = run_directory_clean(g->launch->paths, EMPTY_LIMIT_MS) != 0;
    if (g->daemon_status != 0) {
        log_line(g, end);
        log_line(g, "\n");
    }
    struct bytes *text = &g->failure;
    if (text->length == 0) {
        bytes_append(text, end, strlen(end));
        bytes_append(text, "\n", 1);
        ring_copy(&g->errors, text);
    }
    bytes_u8(text, 0);
    report(g, STATUS_FAILED, (char *)text->data);
    bytes_free(text);
    if (left) {
        /* Nobody waits for this guard any more, and after a delete that went well nobody comes back. A delete that does come may have the
         * lock. */
        close(g->run_directory_lock);
        run_directory_sweep_within(g->launch->paths, LAST_LIMIT_MS);
        if (access(g->launch->paths->run_directory, F_OK) == 0)
            log_line(g, "saya: guard: not everything of the sandbox could be removed; see its directory in /run/saya\n");
    }
}

void guard_run(struct launch *launch) {
    static struct guard guard;
    struct guard *g = &guard;
    *g = (struct guard){.launch = launch,
                        .status = launch->status,
                        .signals = -1,
                        .log = -1,
                        .next_handle = 1,
                        .run_directory_lock = -1,
                        .daemon = {.in = -1, .out = -1, .errors = -1},
                        .channel = {.in = -1, .out = -1},
                        .journal = {.fd = -1},
                        .relay = {.listener = -1},
                        .successor = {.daemon = {.in = -1, .out = -1, .errors = -1}, .channel = {.in = -1, .out = -1}}};
    struct fault f;
    if (set_up(g, &f) != 0) {
        shim_socket_release(launch->paths->socket, &launch->socket);
        if (g->run_directory_lock >= 0 && g->journal.fd >= 0) run_directory_clean(launch->paths, EMPTY_LIMIT_MS);
        report(g, STATUS_FAILED, f.text);
        _exit(1);
    }
    while (g->daemon.pid > 0 || guard_restart(g)) turn(g);
    tear_down(g);
    _exit(0);
}
