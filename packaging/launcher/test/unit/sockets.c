/* Connections to sockets of the host. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/actions.h"
#include "../../src/flags.h"
#include "unit.h"

static const char *in_directory(const char *name) {
    static char path[4][256];
    static unsigned next;
    char *made = path[next++ % 4];
    snprintf(made, sizeof path[0], "%s/%s", directory, name);
    return made;
}

static int listen_at(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", in_directory(name));
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (const struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 8) == 0);
    return listener;
}

/* Asks for the socket at this path, as a daemon does, and returns what it is answered; *connection gets the connection. */
static int ask_for(const char *served, const char *path, uint32_t id, int *connection) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", in_directory(served));
    *connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(connect(*connection, (const struct sockaddr *)&address, sizeof address) == 0);
    uint8_t wish[10 + 300] = {0};
    uint32_t number = htonl(id);
    memcpy(wish, &number, sizeof number);
    memcpy(wish + 4, &number, sizeof number);
    wish[8] = (uint8_t)(strlen(path) >> 8);
    wish[9] = (uint8_t)strlen(path);
    memcpy(wish + 10, path, strlen(path));
    CHECK(send(*connection, wish, 10 + strlen(path), MSG_NOSIGNAL) == (ssize_t)(10 + strlen(path)));
    uint8_t answer = 255;
    CHECK(recv(*connection, &answer, 1, 0) == 1);
    return answer;
}

static void sockets_of_the_host_are_connected_to_as_whom_is_asked(void) {
    int served = listen_at("sockets");
    char number[16];
    snprintf(number, sizeof number, "%d", served);
    fcntl(served, F_SETFD, 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        struct flags flags = {.address = number};
        _exit(action_sockets(&flags));
    }
    close(served);
    CHECK(chmod(directory, 0700) == 0); /* whoever is asked for, the directories above are the daemon's affair */
    int server = listen_at("host");
    CHECK(chmod(in_directory("host"), 0777) == 0);

    for (uint32_t id = 0; id <= 1000; id += 1000) {
        int one, bytes;
        CHECK(ask_for("sockets", in_directory("host"), id, &one) == 0);
        int other = accept(server, NULL, NULL);
        struct ucred who;
        socklen_t size = sizeof who;
        CHECK(getsockopt(other, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && who.uid == id && who.gid == id);
        char text[300], line[64] = "", status[4096];
        snprintf(text, sizeof text, "/proc/%d/status", who.pid);
        FILE *file = fopen(text, "re");
        CHECK(file != NULL);
        size_t length = file ? fread(status, 1, sizeof status - 1, file) : 0;
        status[length] = 0;
        snprintf(line, sizeof line, "CapEff:\t%016x\nCapBnd:\t%016x\n", 0, 0);
        CHECK(strstr(status, line) != NULL);
        if (file) fclose(file);
        CHECK(send(one, "there", 5, 0) == 5 && recv(other, text, 5, MSG_WAITALL) == 5 && memcmp(text, "there", 5) == 0);
        CHECK(shutdown(one, SHUT_WR) == 0 && recv(other, text, 5, 0) == 0); /* one direction ends, the other goes on */
        CHECK(send(other, "back", 4, 0) == 4 && recv(one, text, 4, MSG_WAITALL) == 4 && memcmp(text, "back", 4) == 0);
        close(other);
        CHECK((bytes = (int)recv(one, text, 5, 0)) == 0);
        close(one);
    }

    int connection;
    CHECK(chmod(in_directory("host"), 0700) == 0);
    CHECK(ask_for("sockets", in_directory("host"), 1000, &connection) == EACCES);
    close(connection);
    CHECK(symlink("host", in_directory("link")) == 0 && mkdir(in_directory("real"), 0755) == 0);
    CHECK(ask_for("sockets", in_directory("link"), 0, &connection) == ELOOP);
    close(connection);
    CHECK(symlink(".", in_directory("above")) == 0);
    CHECK(ask_for("sockets", in_directory("above/host"), 0, &connection) == ELOOP);
    close(connection);
    CHECK(ask_for("sockets", in_directory("real"), 0, &connection) == ENOTSOCK);
    close(connection);
    CHECK(ask_for("sockets", in_directory("none"), 0, &connection) == ENOENT);
    close(connection);
    close(server);
    CHECK(ask_for("sockets", in_directory("host"), 0, &connection) == ECONNREFUSED); /* a file that a dead server left */
    close(connection);
    kill(pid, SIGKILL);
    CHECK(waitpid(pid, NULL, 0) == pid);
}

void sockets_tests(void) {
    sockets_of_the_host_are_connected_to_as_whom_is_asked();
}
