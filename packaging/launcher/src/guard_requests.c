#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "guard_holds.h"
#include "guard_state.h"
#include "hook.h"
#include "stand_in.h"

#define ARGUMENT_LIMIT 4096

enum exit_kind { EXIT_CODE = 0, EXIT_SIGNAL = 1 };

static void reply(struct guard *g, uint32_t id, int error, const char *what) {
    char detail[512];
    snprintf(detail, sizeof detail, "%s: %s", what, strerror(error));
    channel_reply(&g->channel, id, error, detail);
}

/* True if the daemon knows it by its handle, and is told of its end; the others are there for one answer. */
static bool child_stays(const struct child *c) {
    return c->kind == CHILD_PROCESS || c->kind == CHILD_STAND_IN;
}

static struct child *child_by_handle(struct guard *g, uint32_t handle) {
    for (size_t i = 0; i < g->child_count; i++)
        if (handle != 0 && g->children[i]->handle == handle) return g->children[i];
    return NULL;
}

static void adopt(struct guard *g, struct child *c, uint32_t request) {
    c->request = request;
    c->handle = g->next_handle++;
    g->children[g->child_count++] = c;
}

/* Changes of something that is mounted already leave nothing to undo. */
static bool makes_mount(uint64_t flags) {
    return !(flags & MS_REMOUNT) && !(flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE));
}

static void mount_request(struct guard *g, const struct request *request, bool unmount) {
    struct reader r = request->body;
    struct mount_call call = {.unmount = unmount, .source = "", .type = "", .data = "", .confined = g->launch->paths->run_directory};
    if (!unmount) call.source = read_string(&r);
    call.target = read_string(&r);
    if (!unmount) call.type = read_string(&r);
    call.flags = read_u64(&r);
    if (!unmount) call.data = read_string(&r);
    if (r.bad || call.target[0] != '/') {
        reply(g, request->id, EINVAL, "mount request");
        return;
    }
    if (g->child_count == CHILD_LIMIT) {
        reply(g, request->id, EAGAIN, "mount: too many processes");
        return;
    }
    bool recorded = !unmount && makes_mount(call.flags);
    /* Recorded before it is made: a guard that dies in between leaves a target too many, not one too few. */
    if (recorded && journal_add_mount(&g->journal, call.target) != 0) {
        reply(g, request->id, ENOSPC, "mount: too many mounts, or a line break in the target");
        return;
    }
    struct child_result result;
    struct child *c = child_mount(&call, &result);
    if (!c) {
        if (recorded) journal_remove_mount(&g->journal, call.target);
        reply(g, request->id, result.error, result.what);
        return;
    }
    c->recorded = recorded;
    if (recorded && (call.flags & MS_MOVE)) journal_remove_mount(&g->journal, call.source);
    adopt(g, c, request->id);
}

/* Reads a list of strings as an array that ends with NULL. */
static char **read_list(struct reader *r) {
    size_t count = read_u16(r);
    if (r->bad || count > ARGUMENT_LIMIT) {
        r->bad = true;
        return NULL;
    }
    char **list = calloc(count + 1, sizeof *list);
    for (size_t i = 0; list && i < count; i++) list[i] = (char *)(uintptr_t)read_string(r); /* execve does not write to it */
    return list;
}

/* How many there are; room for SPAWN_DESCRIPTORS. */
static size_t read_descriptors(struct reader *r, struct descriptor *descriptors) {
    size_t count = read_u8(r);
    for (size_t i = 0; i < count && !r->bad; i++) {
        struct descriptor d = {.kind = (enum descriptor_kind)read_u8(r), .fd = -1};
        d.name = read_string(r);
        d.path = read_string(r);
        if (i == SPAWN_DESCRIPTORS)
            r->bad = true;
        else
            descriptors[i] = d;
    }
    return r->bad ? 0 : count;
}

static void spawn_request(struct guard *g, const struct request *request) {
    struct reader r = request->body;
    struct spawn spawn = {0};
    struct child_result result;
    spawn.argv = read_list(&r);
    spawn.environment = read_list(&r);
    spawn.directory = read_string(&r);
    spawn.network_namespace = read_string(&r);
    spawn.descriptor_count = read_descriptors(&r, spawn.descriptors);
    spawn.uid = read_u32(&r);
    spawn.gid = read_u32(&r);
    spawn.oom_score_adj = (int32_t)read_u32(&r);
    spawn.privileges = (enum privileges)read_u8(&r);
    if (spawn.privileges == PRIVILEGES_CONFINED) spawn.shown = read_list(&r);
    if (r.bad || spawn.privileges > PRIVILEGES_CONFINED || !spawn.argv || !spawn.environment || !spawn.argv[0] || spawn.argv[0][0] != '/') {
        reply(g, request->id, EINVAL, "spawn request");
    } else if (g->child_count == CHILD_LIMIT) {
        reply(g, request->id, EAGAIN, "spawn: too many processes");
    } else {
        struct child *c = child_spawn(&spawn, &result);
        if (c) {
            const char *slash = strrchr(spawn.argv[0], '/');
            journal_add_process(&g->journal, c->pid, slash + 1);
            adopt(g, c, request->id);
        } else {
            reply(g, request->id, result.error, result.what);
        }
    }
    free(spawn.argv);
    free(spawn.environment);
    free(spawn.shown);
}

static void monitor_request(struct guard *g, const struct request *request) {
    struct reader r = request->body;
    struct descriptor descriptors[SPAWN_DESCRIPTORS];
    struct monitor_call call = {.socket = read_string(&r), .network_namespace = read_string(&r), .descriptors = descriptors};
    call.descriptor_count = read_descriptors(&r, descriptors);
    call.command = read_string(&r);
    struct child_result result;
    if (r.bad) {
        reply(g, request->id, EINVAL, "monitor request");
    } else if (g->child_count == CHILD_LIMIT) {
        reply(g, request->id, EAGAIN, "monitor: too many processes");
    } else {
        struct child *c = child_monitor(&call, &result);
        if (c)
            adopt(g, c, request->id);
        else
            reply(g, request->id, result.error, result.what);
    }
}

static void stand_in_request(struct guard *g, const struct request *request) {
    struct reader r = request->body;
    struct child_result result;
    struct stand_in stand_in = {.empty = g->launch->paths->run_directory};
    stand_in.title = read_string(&r);
    stand_in.network_namespace = read_string(&r);
    stand_in.cgroups = read_list(&r);
    if (r.bad || !stand_in.cgroups) {
        reply(g, request->id, EINVAL, "stand-in request");
    } else if (g->child_count == CHILD_LIMIT) {
        reply(g, request->id, EAGAIN, "stand-in: too many processes");
    } else {
        struct child *c = child_stand_in(g->launch, &stand_in, &result);
        if (c) {
            journal_add_process(&g->journal, c->pid, STAND_IN_NAME);
            adopt(g, c, request->id);
        } else {
            reply(g, request->id, result.error, result.what);
        }
    }
    free(stand_in.cgroups);
}

static void hook_request(struct guard *g, const struct request *request) {
    struct reader r = request->body;
    struct child_result result;
    struct hook hook = {.path = read_string(&r)};
    hook.argv = read_list(&r);
    hook.environment = read_list(&r);
    hook.directory = read_string(&r);
    hook.input = read_bytes(&r, &hook.input_length);
    if (r.bad || hook.path[0] != '/' || !hook.argv || !hook.environment) {
        reply(g, request->id, EINVAL, "hook request");
    } else if (g->child_count == CHILD_LIMIT) {
        reply(g, request->id, EAGAIN, "hook: too many processes");
    } else {
        struct child *c = child_hook(&hook, &result);
        if (c) {
            journal_add_process(&g->journal, c->pid, "hook");
            adopt(g, c, request->id);
        } else {
            reply(g, request->id, result.error, result.what);
        }
    }
    free(hook.argv);
    free(hook.environment);
}

static void netlink_request(struct guard *g, const struct request *request) {
    struct reader r = request->body;
    struct netlink_call call = {.network_namespace = read_string(&r)};
    call.messages = read_bytes(&r, &call.length);
    struct child_result result;
    if (r.bad || call.length == 0) {
        reply(g, request->id, EINVAL, "netlink request");
    } else if (g->child_count == CHILD_LIMIT) {
        reply(g, request->id, EAGAIN, "netlink: too many processes");
    } else {
        struct child *c = child_netlink(&call, &result);
        if (c)
            adopt(g, c, request->id);
        else
            reply(g, request->id, result.error, result.what);
    }
}

static void signal_request(struct guard *g, const struct request *request) {
    struct reader r = request->body;
    uint32_t handle = read_u32(&r), number = read_u32(&r);
    struct child *c = child_by_handle(g, handle);
    if (r.bad || number == 0 || number >= NSIG)
        reply(g, request->id, EINVAL, "signal request");
    else if (c && c->pid > 0 && kill(c->leads ? -c->pid : c->pid, (int)number) != 0)
        reply(g, request->id, errno, "kill");
    else
        channel_reply(&g->channel, request->id, 0, ""); /* it has exited: nothing to do */
}

static void append_tail(struct guard *g, const struct child *c) {
    struct bytes tail = {0};
    if (c) ring_copy(&c->tail, &tail);
    bytes_string(&g->channel.queued, tail.data, tail.length);
    bytes_free(&tail);
}

static void hold_request(struct guard *g, const struct request *request) {
    struct reader r = request->body;
    struct hold_call call = {.owner = g->daemon.pid, .device = read_u64(&r)};
    call.inode = read_u64(&r);
    call.access = read_u8(&r);
    const struct hold *held = NULL;
    errno = EINVAL;
    if (!r.bad && (call.access == O_RDONLY || call.access == O_WRONLY)) held = holds_take(&call);
    if (!held) {
        reply(g, request->id, errno, "hold an end of a FIFO");
        return;
    }
    size_t at = channel_begin(&g->channel, FRAME_REPLY, request->id);
    bytes_u32(&g->channel.queued, 0);
    bytes_u32(&g->channel.queued, held->handle);
    bytes_u32(&g->channel.queued, (uint32_t)held->fd);
    channel_end(&g->channel, at);
}

static void release_request(struct guard *g, const struct request *request) {
    struct reader r = request->body;
    uint32_t handle = read_u32(&r);
    if (!r.bad) holds_release(handle);
    channel_reply(&g->channel, request->id, r.bad ? EINVAL : 0, "release request");
}

static void tail_request(struct guard *g, const struct request *request) {
    struct reader r = request->body;
    struct child *c = child_by_handle(g, read_u32(&r));
    if (c && c->output >= 0) child_read_output(c);
    size_t at = channel_begin(&g->channel, FRAME_REPLY, request->id);
    bytes_u32(&g->channel.queued, 0);
    append_tail(g, c);
    channel_end(&g->channel, at);
}

void guard_request(struct guard *g, const struct request *request) {
    struct reader body = request->body;
    if (g->restarts.deadline != 0 && !g->restarts.taken_over && request->type != REQUEST_TAKE_OVER) {
        reply(g, request->id, EPERM, "a daemon that has not taken over may ask for nothing else");
        return;
    }
    switch (request->type) {
    case REQUEST_PING: channel_reply(&g->channel, request->id, 0, ""); break;
    case REQUEST_READY:
        guard_ready(g);
        guard_restarted(g);
        channel_reply(&g->channel, request->id, 0, "");
        break;
    case REQUEST_FAILED:
        guard_failed(g, read_string(&body));
        channel_reply(&g->channel, request->id, 0, "");
        break;
    case REQUEST_MOUNT: mount_request(g, request, false); break;
    case REQUEST_UNMOUNT: mount_request(g, request, true); break;
    case REQUEST_SPAWN: spawn_request(g, request); break;
    case REQUEST_SIGNAL: signal_request(g, request); break;
    case REQUEST_TAIL: tail_request(g, request); break;
    case REQUEST_NETLINK: netlink_request(g, request); break;
    case REQUEST_HOOK: hook_request(g, request); break;
    case REQUEST_STAND_IN: stand_in_request(g, request); break;
    case REQUEST_MONITOR: monitor_request(g, request); break;
    case REQUEST_HOLD: hold_request(g, request); break;
    case REQUEST_RELEASE: release_request(g, request); break;
    case REQUEST_SUCCESSOR: guard_successor_start(g, request); break;
    case REQUEST_RELAY: guard_relay(g, request); break;
    case REQUEST_TAKE_OVER: guard_restart_take_over(g, request); break;
    default: reply(g, request->id, ENOSYS, "unknown request");
    }
}

static void forget(struct guard *g, struct child *c) {
    for (size_t i = 0; i < g->child_count; i++) {
        if (g->children[i] != c) continue;
        g->children[i] = g->children[--g->child_count];
        break;
    }
    child_free(c);
}

static void mount_done(struct guard *g, struct child *c, const struct child_result *result) {
    bool gone = result->error == 0 || result->error == EINVAL || result->error == ENOENT;
    if (c->kind == CHILD_MOUNT ? c->recorded && result->error != 0 : gone) journal_remove_mount(&g->journal, c->target);
}

/* All that it wrote is in the pipe by now. */
static void answered(struct guard *g, struct child *c) {
    size_t before;
    do before = c->reply.length;
    while (c->output >= 0 && child_read_output(c) && c->reply.length > before);
    if (c->reply.length > NETLINK_REPLY_LIMIT) {
        reply(g, c->request, EMSGSIZE, "the answer is too long");
        return;
    }
    size_t at = channel_begin(&g->channel, FRAME_REPLY, c->request);
    bytes_u32(&g->channel.queued, 0);
    bytes_string(&g->channel.queued, c->reply.data, c->reply.length);
    channel_end(&g->channel, at);
}

void guard_child_result(struct guard *g, struct child *c) {
    struct child_result result;
    if (c->result < 0 || child_read_result(c, &result) != 0) return;
    if (c->kind == CHILD_MOUNT || c->kind == CHILD_UNMOUNT) mount_done(g, c, &result);
    if (c->abandoned) {
        c->handle = 0;
    } else if (result.error != 0) {
        reply(g, c->request, result.error, result.what);
        c->handle = 0; /* the daemon never heard of it: nobody is told of its exit */
    } else if (child_stays(c)) {
        size_t at = channel_begin(&g->channel, FRAME_REPLY, c->request);
        bytes_u32(&g->channel.queued, 0);
        bytes_u32(&g->channel.queued, c->handle);
        bytes_u32(&g->channel.queued, (uint32_t)c->pid);
        channel_end(&g->channel, at);
    } else if (c->kind == CHILD_NETLINK || c->kind == CHILD_MONITOR) {
        answered(g, c);
    } else {
        channel_reply(&g->channel, c->request, 0, "");
    }
    c->request = 0;
}

void guard_child_exited(struct guard *g, pid_t pid, int status) {
    struct child *c = NULL;
    for (size_t i = 0; i < g->child_count && !c; i++)
        if (g->children[i]->pid == pid) c = g->children[i];
    if (!c) return;
    guard_child_result(g, c); /* it may have failed before exec */
    if (child_stays(c) && c->handle != 0) {
        if (c->output >= 0) child_read_output(c);
        uint8_t kind = WIFSIGNALED(status) ? EXIT_SIGNAL : EXIT_CODE;
        uint32_t value = (uint32_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        size_t at = channel_begin(&g->channel, FRAME_EXITED, 0);
        bytes_u32(&g->channel.queued, c->handle);
        bytes_u8(&g->channel.queued, kind);
        bytes_u32(&g->channel.queued, value);
        append_tail(g, c);
        channel_end(&g->channel, at);
        guard_successor_note_exit(g, g->channel.queued.data + at, g->channel.queued.length - at);
        guard_restart_note_exit(g, c->handle, kind, value);
        /* It is told of all exits when it has taken over; before, it knows no handle. */
        if (g->daemon.pid == 0 || (g->restarts.deadline != 0 && !g->restarts.taken_over)) g->channel.queued.length = at;
    }
    forget(g, c);
}

/* Everything whose parent is the guard, orphans of its children included. */
static void kill_descendants(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *children = fopen(path, "re");
    if (!children) return;
    int pid;
    while (fscanf(children, "%d", &pid) == 1) kill(pid, SIGKILL);
    fclose(children);
}

void guard_kill_children(struct guard *g, int milliseconds) {
    long long deadline = now_ms() + milliseconds;
    for (size_t i = 0; i < g->child_count; i++) kill(g->children[i]->pid, SIGKILL);
    while (now_ms() < deadline) {
        kill_descendants();
        pid_t pid = waitpid(-1, NULL, WNOHANG);
        if (pid < 0 && errno == ECHILD) break;
        if (pid > 0)
            journal_remove_process(&g->journal, pid);
        else {
            struct pollfd p = {.fd = g->signals, .events = POLLIN};
            if (poll(&p, 1, 50) == 1) { /* SIGCHLD */
                char sink[1024];
                (void)!read(g->signals, sink, sizeof sink);
            }
        }
    }
    while (g->child_count > 0) child_free(g->children[--g->child_count]);
}
