#include "console.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sandbox.h"

int console_listen(struct console *console) {
    static unsigned number;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(console->path, sizeof console->path, "%s/console-%u", AGENT_ROOT, number++);
    strcpy(address.sun_path, console->path);
    unlink(console->path);
    console->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (console->listener >= 0 && bind(console->listener, (struct sockaddr *)&address, sizeof address) == 0 &&
        listen(console->listener, 1) == 0)
        return 0;
    int error = errno;
    console_close(console);
    return error;
}

static int receive_descriptor(int connection) {
    char name[256];
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec data = {name, sizeof name};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0) return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header == NULL || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int))) return -1;
    int fd;
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

int console_take(struct console *console) {
    // crun has ended, so its connection and message are there already.
    int connection = accept4(console->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) return -1;
    int fd = receive_descriptor(connection);
    close(connection);
    return fd;
}

void console_close(struct console *console) {
    if (console->listener < 0) return;
    close(console->listener);
    console->listener = -1;
    unlink(console->path);
}
