#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actions.h"
#include "bootstrap.h"
#include "files.h"
#include "guard.h"
#include "run_directory.h"

#define READY_LIMIT_MS 60000
#define OOM_SCORE_ADJ_MAX 1000
#define DEAD_GUARD_LIMIT_MS 2000 /* for its children, whom the kernel kills, to let go of what it held */

/* One more than containerd, our parent: under pressure the kernel takes a pod before the daemon of all. */
static int oom_score_adj(void) {
    char path[64], text[16] = "0";
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)getppid());
    struct bytes content = {0};
    if (file_read(path, sizeof text - 1, &content) == 0) memcpy(text, content.data, content.length + 1);
    bytes_free(&content);
    int value = atoi(text) + 1;
    return value > OOM_SCORE_ADJ_MAX ? OOM_SCORE_ADJ_MAX : value;
}

/* containerd reads our stdout and stderr to their end, so no descendant may hold them. */
static void detach(struct launch *launch) {
    setsid();
    int null = open("/dev/null", O_RDWR); // NOLINT(android-cloexec-open): may be one of the three
    for (int i = 0; i < 3; i++) dup2(null, i);
    /* 3 and 4 may be in use: both go above first. */
    int listener = fcntl(launch->socket.fd, F_DUPFD_CLOEXEC, 16);
    int status = fcntl(launch->status, F_DUPFD_CLOEXEC, 16);
    launch->socket.fd = dup3(listener, 3, O_CLOEXEC);
    launch->status = dup3(status, 4, O_CLOEXEC);
    close_range(5, ~0U, 0);
}

static int start_guard(struct launch *launch, int *status, struct fault *f) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return fault(f, "pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return fault(f, "fork: %s", strerror(errno));
    }
    if (pid == 0) {
        launch->status = ends[1];
        detach(launch);
        guard_run(launch);
    }
    close(ends[1]);
    *status = ends[0];
    return 0;
}

/* A guard that ends by itself has undone everything. One that was killed leaves that to us: containerd asks for no delete after a
 * start that failed. */
static void clean_up_after_guard(const struct sandbox_paths *paths) {
    int lock = run_directory_lock(paths, 0, DEAD_GUARD_LIMIT_MS);
    if (lock >= 0) {
        run_directory_clean(paths, EMPTY_LIMIT_MS);
        close(lock);
    } else if (errno == ENOENT) {
        shim_socket_remove_stale(paths->socket);
    }
}

/* Waits for the guard's word. An end without one means that the guard was killed. */
static int await(int status, const struct sandbox_paths *paths, struct fault *f) {
    struct bytes text = {0};
    long long deadline = now_ms() + READY_LIMIT_MS;
    int result = 0;
    for (;;) {
        struct pollfd p = {.fd = status, .events = POLLIN};
        long long left = deadline - now_ms();
        int ready = poll(&p, 1, left > 0 ? (int)left : 0);
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0) {
            result = fault(f, "daemon: not ready after %d ms", READY_LIMIT_MS);
            break;
        }
        char buffer[4096];
        ssize_t n = read(status, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n > 0 && text.length + (size_t)n <= 64 * 1024) {
            bytes_append(&text, buffer, (size_t)n);
            continue;
        }
        bytes_u8(&text, 0);
        if (text.length == 1) {
            clean_up_after_guard(paths);
            result = fault(f, "daemon: its guard process died");
        } else if (text.data[0] != STATUS_READY) {
            result = fault(f, "%s", (char *)text.data + 1);
        }
        break;
    }
    bytes_free(&text);
    close(status); /* a guard that is not done yet learns by this that nobody waits */
    return result;
}

static int start(const struct flags *flags, int argc, char **argv, struct sandbox_paths *paths, struct fault *f) {
    struct bundle bundle;
    struct bootstrap bootstrap;
    struct shim_socket socket;
    int status = -1;
    if (flags_validate(flags, f) != 0 || bundle_open(flags->bundle, flags->id, &bundle, f) != 0 ||
        bootstrap_read(STDIN_FILENO, flags, &bootstrap, f) != 0 ||
        sandbox_paths(flags->address, flags->namespace, bundle.sandbox_id, bootstrap.socket_directory, paths, f) != 0 ||
        shim_socket_claim(paths->socket, !bundle.member, &socket, f) != 0)
        return -1;
    if (socket.fd >= 0) {
        struct launch launch = {.argc = argc,
                                .argv = argv,
                                .flags = flags,
                                .bundle = &bundle,
                                .paths = paths,
                                .bootstrap = &bootstrap.raw,
                                .socket = socket,
                                .oom_score_adj = oom_score_adj(),
                                .began = tsc_mark()};
        if (start_guard(&launch, &status, f) != 0) {
            shim_socket_release(paths->socket, &socket);
            return -1;
        }
        close(socket.fd);
        if (await(status, paths, f) != 0) return -1;
    }
    bytes_free(&bootstrap.raw);
    return bundle_write_address(&bundle, paths->address, f);
}

int action_start(const struct flags *flags, int argc, char **argv) {
    struct fault f = {""};
    struct sandbox_paths paths;
    if (start(flags, argc, argv, &paths, &f) != 0) {
        fprintf(stderr, "saya: start of %s: %s\n", flags->id, f.text);
        return 1;
    }
    /* The bare address: the one form that every containerd takes. */
    return printf("%s", paths.address) < 0 || fflush(stdout) != 0;
}
