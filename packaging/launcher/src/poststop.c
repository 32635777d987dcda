#define _GNU_SOURCE
#include "poststop.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"

#define FILE_LIMIT (16u << 20)

/* The strings of a list, with a NULL behind them; NULL if there is no memory. The strings stay the list's. */
static char **strings(const json_t *list) {
    size_t count = json_array_size(list), filled = 0;
    char **all = calloc(count + 1, sizeof *all);
    for (size_t i = 0; all && i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text) all[filled++] = (char *)text;
    }
    return all;
}

/* A file that has all of it, so that nobody waits for a program that does not read. */
static int state_file(const char *state) {
    int fd = memfd_create("state", MFD_CLOEXEC);
    if (fd >= 0 && write_all(fd, state, strlen(state)) == 0 && lseek(fd, 0, SEEK_SET) == 0) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

static pid_t hook_start(const char *path, char **arguments, char **environment, const char *bundle, int state) {
    pid_t pid = fork();
    if (pid != 0) return pid;
    setsid(); /* who kills it kills what it has started as well */
    /* stdout is what containerd reads the answer of this action from. */
    if (dup2(state, 0) >= 0 && dup2(2, 1) >= 0 && chdir(bundle) == 0) execve(path, arguments, environment);
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    _exit(127);
}

/* True if the process has ended before the deadline; `status` is as of wait(2) then. */
static bool ends(pid_t pid, long long deadline, int *status) {
    struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    int ready = 0;
    do {
        long long left = deadline - now_ms();
        ready = end.fd < 0 ? 0 : poll(&end, 1, left > 0 ? (int)left : 0);
    } while (ready < 0 && errno == EINTR);
    if (end.fd >= 0) close(end.fd);
    if (ready != 1) {
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL); /* one that leads no group yet */
    }
    waitpid(pid, status, 0);
    return ready == 1;
}

static bool hook_run(const json_t *hook, const char *state, const char *bundle, long long deadline) {
    const char *path = json_string_value(json_object_get(hook, "path"));
    char **arguments = strings(json_object_get(hook, "args"));
    char **environment = strings(json_object_get(hook, "env"));
    int input = state_file(state);
    pid_t pid = path && arguments && environment && input >= 0 ? hook_start(path, arguments, environment, bundle, input) : -1;
    int status = 0;
    bool in_time = pid > 0 && ends(pid, deadline, &status);
    if (pid > 0 && !in_time)
        fprintf(stderr, "saya: hook poststop (%s) did not end in time: killed\n", path);
    else if (pid < 0 || status != 0)
        fprintf(stderr, "saya: hook poststop (%s) failed: %s %d\n", path ? path : "", pid < 0 ? "errno" : "status",
                pid < 0 ? errno : status);
    if (input >= 0) close(input);
    free(arguments);
    free(environment);
    return in_time;
}

void poststop_run(const char *bundle, int milliseconds) {
    char file[PATH_MAX + 32];
    snprintf(file, sizeof file, "%s/poststop.json", bundle);
    struct bytes text = {0};
    int result = file_read(file, FILE_LIMIT, &text);
    if (result != 0 && errno == ENOENT) return;
    json_error_t problem;
    json_t *root = result == 0 && unlink(file) == 0 ? json_loadb((char *)text.data, text.length, 0, &problem) : NULL;
    bytes_free(&text);
    const char *state = json_string_value(json_object_get(root, "state"));
    const json_t *hooks = json_object_get(root, "hooks");
    if (!state) fprintf(stderr, "saya: %s cannot be read: its hooks are not run\n", file);
    long long deadline = now_ms() + milliseconds;
    for (size_t i = 0; state && i < json_array_size(hooks); i++)
        if (!hook_run(json_array_get(hooks, i), state, bundle, deadline) && now_ms() >= deadline) break;
    json_decref(root);
}
