#define _GNU_SOURCE
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "files.h"

/* A file that has all of it, so that nobody waits for a program that does not read. */
static int input_file(const struct hook *hook) {
    int fd = memfd_create("state", MFD_CLOEXEC);
    if (fd >= 0 && write_all(fd, hook->input, hook->input_length) == 0 && lseek(fd, 0, SEEK_SET) == 0) return fd;
    int error = errno;
    if (fd >= 0) close(fd);
    errno = error;
    return -1;
}

static void hook_main(const struct hook *hook, int input, int output, int result) {
    setsid(); /* who kills it kills what it has started as well */
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) child_fail(result, "stdio of", hook->path);
    if (chdir(hook->directory) != 0) child_fail(result, "working directory", hook->directory);
    execve(hook->path, hook->argv, hook->environment);
    child_fail(result, "execute", hook->path);
}

struct child *child_hook(const struct hook *hook, struct child_result *result) {
    int input = input_file(hook);
    struct child *c = input >= 0 ? child_new(CHILD_PROCESS) : NULL;
    int output, report;
    pid_t pid = c ? child_fork(c, 0, &output, &report) : -1;
    if (pid == 0) hook_main(hook, input, output, report);
    int error = errno;
    if (input >= 0) close(input);
    if (pid > 0) {
        c->leads = true;
        return c;
    }
    if (c) child_free(c);
    *result = (struct child_result){.error = error};
    snprintf(result->what, sizeof result->what, "process for hook %s", hook->path);
    return NULL;
}
