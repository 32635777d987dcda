#include "crun.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"

enum { ARGUMENTS_LIMIT = 32, DEATH_LIMIT_MS = 2000 };

static const char crun_path[] = "/usr/bin/crun";

int memory_file(const char *name) {
    return memfd_create(name, MFD_CLOEXEC);
}

// One that waits for a file system of the host's does not even end by SIGKILL until that answers, and then it is no matter any more.
static void limit_reached(struct timer *timer) {
    struct crun *crun = container_of(timer, struct crun, limit);
    if (crun->timed_out) {
        child_forget(&crun->child);
        crun->done(crun, false);
        return;
    }
    crun->timed_out = true;
    kill(crun->child.pid, SIGKILL);
    timer_start(&crun->limit, DEATH_LIMIT_MS);
}

static void exited(struct child *child, int wait_status) {
    struct crun *crun = container_of(child, struct crun, child);
    timer_stop(&crun->limit);
    crun->done(crun, WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0);
}

static int start(struct crun *crun, const struct crun_run *run) {
    const char *arguments[ARGUMENTS_LIMIT] = {"crun", "--root=" CRUN_ROOT, "--cgroup-manager=cgroupfs", "--log=/proc/self/fd/3"};
    int count = 4;
    for (int i = 0; run->arguments[i] != NULL && count < ARGUMENTS_LIMIT - 1; i++) arguments[count++] = run->arguments[i];
    crun->log_fd = memory_file("crun-log");
    crun->pid_fd = run->wants_pid ? memory_file("crun-pid") : -1;
    if (crun->log_fd < 0 || (run->wants_pid && crun->pid_fd < 0)) return errno;
    struct spawn spawn;
    spawn_init(&spawn);
    spawn.path = crun_path;
    spawn.arguments = arguments;
    memcpy(spawn.fds, run->stdio, sizeof run->stdio);
    spawn.fds[CRUN_LOG_FD] = crun->log_fd;
    spawn.fds[CRUN_INPUT_FD] = run->input_fd;
    spawn.fds[CRUN_PID_FD] = crun->pid_fd;
    return child_spawn(&crun->child, &spawn, exited);
}

int crun_start(struct crun *crun, const struct crun_run *run, void (*done)(struct crun *crun, bool success)) {
    memset(crun, 0, sizeof *crun);
    crun->done = done;
    crun->limit_ms = run->limit_ms;
    timer_init(&crun->limit, limit_reached);
    strangers_begin();
    int error = start(crun, run);
    if (error != 0)
        crun_finish(crun);
    else
        timer_start(&crun->limit, crun->limit_ms);
    return error;
}

void crun_message(const struct crun *crun, char *text, size_t size) {
    if (crun->timed_out) {
        snprintf(text, size, "crun was killed after %u s", crun->limit_ms / 1000);
        return;
    }
    ssize_t length = pread(crun->log_fd, text, size - 1, 0);
    if (length < 0) length = 0;
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' ')) length--;
    text[length] = 0;
    for (char *c = text; *c != 0; c++)
        if (*c == '\n') *c = ';';
    if (length == 0) snprintf(text, size, "crun failed without a message");
}

pid_t crun_pid(const struct crun *crun) {
    char text[32];
    ssize_t length = crun->pid_fd < 0 ? -1 : pread(crun->pid_fd, text, sizeof text - 1, 0);
    if (length <= 0) return 0;
    text[length] = 0;
    return (pid_t)strtol(text, NULL, 10);
}

void crun_finish(struct crun *crun) {
    if (crun->log_fd > 0) close(crun->log_fd);
    if (crun->pid_fd > 0) close(crun->pid_fd);
    crun->log_fd = crun->pid_fd = -1;
    strangers_end();
}
