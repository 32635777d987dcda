#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actions.h"
#include "child.h"
#include "ports.h"
#include "rights.h"

#define CONNECTIONS 32 /* as many as the guest's agent gives out */
#define PATH_LIMIT 4096
#define BIT(capability) (UINT64_C(1) << (capability))

/* What the daemon says first: 32, 32 and 16 bits, big endian; the path comes behind. */
struct wish {
    uint32_t uid;
    uint32_t gid;
    uint16_t length;
} __attribute__((packed));

/* Opens the socket that has this path, by no link: a path that was allowed must not lead anywhere else. */
static int open_socket(const char *path) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    struct stat status;
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    if (fd < 0) return -1;
    if (fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode)) return fd;
    close(fd);
    errno = ENOTSOCK;
    return -1;
}

/* The server sees the ids as those of who connects. Another uid than root's has no capability any more; root gives its own up when it is
 * connected. */
static int connect_as(const struct wish *wish, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uid_t uid = ntohl(wish->uid);
    gid_t gid = ntohl(wish->gid);
    int target = open_socket(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (target < 0 || fd < 0) return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", target);
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) != 0 || !rights_keep(0))
        return -1;
    close(target);
    return fd;
}

/* In a process of its own: takes the daemon's wish, answers with one byte, 0 or an errno, and passes bytes. */
static void serve(int daemon) {
    struct wish wish;
    char path[PATH_LIMIT + 1] = "";
    if (recv(daemon, &wish, sizeof wish, MSG_WAITALL) != (ssize_t)sizeof wish) return;
    size_t length = ntohs(wish.length);
    if (length > PATH_LIMIT || recv(daemon, path, length, MSG_WAITALL) != (ssize_t)length) return;
    int fd = connect_as(&wish, path);
    uint8_t answer = fd >= 0 ? 0 : (uint8_t)errno;
    if (send(daemon, &answer, 1, MSG_NOSIGNAL) == 1 && fd >= 0) ports_relay(daemon, fd);
}

int action_sockets(const struct flags *flags) {
    prctl(PR_SET_NAME, "saya-sockets");
    int listener = atoi(flags->address);
    if (!rights_keep(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_DAC_OVERRIDE))) {
        perror("saya: sockets of the host: capabilities");
        return 1;
    }
    pid_t parent = getpid();
    for (int connections = 0;;) {
        int daemon = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (daemon < 0 && errno != EINTR && errno != ECONNABORTED && errno != EMFILE && errno != ENOBUFS) return 1;
        while (connections > 0 && waitpid(-1, NULL, connections < CONNECTIONS ? WNOHANG : 0) > 0) connections--;
        pid_t pid = daemon < 0 ? -1 : fork();
        if (pid == 0) {
            close(listener);
            if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent) serve(daemon);
            _exit(0);
        }
        connections += pid > 0;
        if (daemon >= 0) close(daemon);
    }
}
