#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "actions.h"
#include "bundle.h"
#include "journal.h"
#include "mounts.h"
#include "poststop.h"
#include "processes.h"
#include "protobuf.h"
#include "run_directory.h"
#include "shim_socket.h"

/* containerd gives us five seconds. */
#define LEAVING_LIMIT_MS 1500 /* for a daemon that was told to shut down, or whose guard is cleaning up */
#define ASKED_LIMIT_MS 1000   /* for one that was not, after SIGTERM */
#define PATIENCE_MS 1500      /* with a kernel that has not let go of a cgroup: what killed processes do last takes a busy host its time */
#define HOOKS_LIMIT_MS 1500   /* for the poststop hooks of all; what comes before them seldom waits */
#define KILLED_LIMIT_MS 500   /* after SIGKILL of the guard, which takes all else with it */

/* containerd.task.v2.DeleteResponse */
enum { RESPONSE_PID = 1, RESPONSE_EXIT_STATUS = 2, RESPONSE_EXITED_AT = 3 };
enum { TIMESTAMP_SECONDS = 1, TIMESTAMP_NANOS = 2 };

static int print_response(const struct bundle *bundle) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct bytes timestamp = {0}, response = {0};
    protobuf_put_varint(&timestamp, TIMESTAMP_SECONDS, (uint64_t)now.tv_sec);
    protobuf_put_varint(&timestamp, TIMESTAMP_NANOS, (uint64_t)now.tv_nsec);
    protobuf_put_varint(&response, RESPONSE_PID, bundle_init_pid(bundle));
    protobuf_put_varint(&response, RESPONSE_EXIT_STATUS, 128 + SIGKILL);
    protobuf_put_bytes(&response, RESPONSE_EXITED_AT, timestamp.data, timestamp.length);
    int failed = fwrite(response.data, 1, response.length, stdout) != response.length || fflush(stdout) != 0;
    bytes_free(&timestamp);
    bytes_free(&response);
    return failed;
}

/* The socket may lie elsewhere than by convention; the journal knows. */
static void socket_in_use(const struct sandbox_paths *paths, char *socket, size_t size, struct journal_process *guard) {
    snprintf(socket, size, "%s", paths->socket);
    *guard = (struct journal_process){0};
    struct journal *journal = malloc(sizeof *journal);
    if (journal && journal_load(journal, paths->run_directory) == 0) {
        if (journal->socket[0] == '/') snprintf(socket, size, "%s", journal->socket);
        for (size_t i = 0; i < journal->process_count; i++)
            if (strcmp(journal->processes[i].name, "guard") == 0) *guard = journal->processes[i];
        journal_close(journal);
    }
    free(journal);
}

static int signal_guard(const struct sandbox_paths *paths, const struct journal_process *guard, int number, int wait_ms) {
    int fd = process_signal(guard->pid, guard->start_time, number);
    if (fd >= 0) close(fd);
    return run_directory_lock(paths, 0, wait_ms);
}

/* Ends the sandbox whose main container is deleted, however alive it is. Returns the lock, or -1. */
static int end_sandbox(const struct sandbox_paths *paths, const struct journal_process *guard) {
    int lock = run_directory_lock(paths, 0, LEAVING_LIMIT_MS);
    if (lock < 0 && errno == ETIMEDOUT) lock = signal_guard(paths, guard, SIGTERM, ASKED_LIMIT_MS);
    if (lock < 0 && errno == ETIMEDOUT) lock = signal_guard(paths, guard, SIGKILL, KILLED_LIMIT_MS);
    return lock;
}

static int clean_up(const struct flags *flags, const struct bundle *bundle, struct fault *f) {
    struct sandbox_paths paths;
    if (sandbox_paths(flags->address, flags->namespace, bundle->sandbox_id, "", &paths, f) != 0) return -1;
    char socket[sizeof paths.socket];
    struct journal_process guard;
    socket_in_use(&paths, socket, sizeof socket, &guard);
    bool main_container = strcmp(bundle->sandbox_id, flags->id) == 0;
    if (!main_container && shim_socket_answers(socket)) return 0; /* the pod lives, and its daemon has cleaned up for this container */

    int lock = end_sandbox(&paths, &guard);
    int error = errno;
    int result = 0;
    if (lock >= 0 || error != ENOENT)
        result = run_directory_clean(&paths, PATIENCE_MS);
    else
        shim_socket_remove_stale(paths.socket);
    if (lock >= 0) close(lock);
    run_directories_sweep(&paths);
    char rootfs[PATH_MAX + 16];
    snprintf(rootfs, sizeof rootfs, "%s/rootfs", bundle->path);
    unmount_stack(rootfs);
    poststop_run(bundle->path, HOOKS_LIMIT_MS);
    return result == 0 ? 0 : fault(f, "run directory %s: something is left in it or could not be killed", paths.run_directory);
}

int action_delete(const struct flags *flags) {
    struct fault f = {""};
    struct bundle bundle;
    if (flags_validate(flags, &f) != 0) {
        fprintf(stderr, "saya: delete of \"%s\": %s\n", flags->id, f.text);
        return 1;
    }
    /* A config.json that does not parse must not keep anybody from cleaning up. */
    if (bundle_open(flags->bundle, flags->id, &bundle, &f) != 0) fprintf(stderr, "saya: delete of %s: %s\n", flags->id, f.text);
    int failed = clean_up(flags, &bundle, &f);
    if (failed) fprintf(stderr, "saya: delete of %s: %s\n", flags->id, f.text);
    /* containerd keeps the bundle of a delete that failed, and asks again. */
    return failed ? 1 : print_response(&bundle);
}
