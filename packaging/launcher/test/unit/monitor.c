/* A QEMU that tells of events without end while the guard's child waits for its answer. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/child.h"
#include "unit.h"

static void qemu_that_floods(int listener) {
    signal(SIGPIPE, SIG_DFL);
    int peer = accept(listener, NULL, NULL);
    static char events[1 << 16] = "{\"QMP\": {}}\r\n";
    while (strlen(events) < sizeof events - 128) strcat(events, "{\"timestamp\": {\"seconds\": 1}, \"event\": \"GUEST_CRASHLOADED\"}\r\n");
    while (send(peer, events, strlen(events), 0) > 0)
        ;
    _exit(0);
}

static void a_monitor_that_floods_is_given_up(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/qmp", directory);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (const struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 1) == 0);
    pid_t qemu = fork();
    if (qemu == 0) qemu_that_floods(listener);
    struct monitor_call call = {.socket = address.sun_path, .network_namespace = "", .command = "{}"};
    struct child_result result = {0};
    struct child *child = child_monitor(&call, &result);
    CHECK(child != NULL);
    struct pollfd p = {.fd = child->result, .events = POLLIN};
    CHECK(poll(&p, 1, 30000) == 1); /* that it ends at all */
    CHECK(child_read_result(child, &result) == 0 && result.error == EOVERFLOW);
    kill(child->pid, SIGKILL);
    CHECK(waitpid(child->pid, NULL, 0) == child->pid);
    child_free(child);
    kill(qemu, SIGKILL);
    waitpid(qemu, NULL, 0);
    close(listener);
}

void monitor_tests(void) {
    a_monitor_that_floods_is_given_up();
}
