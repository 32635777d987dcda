#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files.h"
#include "guard_holds.h"

#define OUTPUT_REST_MS 250 /* after 64 KiB in one go */

static void default_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    for (int s = 1; s < NSIG; s++) signal(s, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

bool child_settle(pid_t parent) {
    default_signals();
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

void child_die_with_guard(int result) {
    struct pollfd p = {.fd = result};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || (poll(&p, 1, 0) == 1 && (p.revents & POLLERR))) _exit(127);
}

/* fork(2) with namespaces, which the C library has no function for. Without handlers of pthread_atfork, which nobody here has. */
static pid_t fork_into(int namespaces) {
    return namespaces ? (pid_t)syscall(SYS_clone, (long)namespaces | SIGCHLD, NULL, NULL, NULL, NULL) : fork();
}

pid_t child_fork(struct child *c, int namespaces, int *output, int *result) {
    int out[2] = {-1, -1}, res[2] = {-1, -1};
    if (pipe2(out, O_CLOEXEC) == 0 && pipe2(res, O_CLOEXEC) == 0) {
        c->pid = fork_into(namespaces);
        if (c->pid == 0) {
            default_signals();
            holds_are_the_guards();
            close(out[0]);
            close(res[0]); /* else it could not see the guard's death */
            child_die_with_guard(res[1]);
            *output = out[1];
            *result = res[1];
            return 0;
        }
    } else {
        c->pid = -1;
    }
    int error = errno;
    c->output = out[0];
    c->result = res[0];
    if (out[1] >= 0) close(out[1]);
    if (res[1] >= 0) close(res[1]);
    if (c->pid > 0) {
        fcntl(c->output, F_SETFL, O_NONBLOCK);
        fcntl(c->result, F_SETFL, O_NONBLOCK);
    }
    errno = error;
    return c->pid;
}

struct child *child_new(enum child_kind kind) {
    struct child *c = calloc(1, sizeof *c);
    if (c) {
        c->kind = kind;
        c->output = c->result = -1;
    }
    return c;
}

void child_free(struct child *c) {
    if (c->output >= 0) close(c->output);
    if (c->result >= 0) close(c->result);
    ring_free(&c->tail);
    bytes_free(&c->reply);
    free(c->target);
    free(c);
}

bool child_read_output(struct child *c) {
    uint8_t buffer[4096];
    /* Bounded, so that a child that never stops writing cannot hold the guard, nor cost it much: nobody's limits count its time. */
    for (int i = 0; i < 16; i++) {
        ssize_t n = read(c->output, buffer, sizeof buffer);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
        if (n <= 0) {
            close(c->output);
            c->output = -1;
            return false;
        }
        if (c->kind != CHILD_NETLINK && c->kind != CHILD_MONITOR)
            ring_write(&c->tail, buffer, (size_t)n);
        else if (c->reply.length <= NETLINK_REPLY_LIMIT)
            bytes_append(&c->reply, buffer, (size_t)n);
    }
    if (c->kind == CHILD_PROCESS) c->rests = now_ms() + OUTPUT_REST_MS;
    return true;
}

int child_read_result(struct child *c, struct child_result *result) {
    *result = (struct child_result){0};
    ssize_t n = read(c->result, result, sizeof *result);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return -1;
    close(c->result);
    c->result = -1;
    if (n != (ssize_t)sizeof *result) {
        /* exec closed the pipe; the others always write, so it was killed */
        *result = (struct child_result){.error = c->kind == CHILD_PROCESS ? 0 : EIO, .what = "the process for it died"};
    }
    result->what[sizeof result->what - 1] = 0;
    return 0;
}

void child_report(int fd, int error, const char *what, const char *subject) {
    struct child_result result = {.error = error};
    snprintf(result.what, sizeof result.what, "%s %s", what, subject);
    (void)!write(fd, &result, sizeof result);
}

void child_fail(int fd, const char *what, const char *subject) {
    child_report(fd, errno, what, subject);
    _exit(127);
}
