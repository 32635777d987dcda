#define _GNU_SOURCE
#include "processes.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files.h"

#define EXITING 0x4u /* PF_EXITING, of the kernel's flags of a process */

int process_signal(pid_t pid, unsigned long long start_time, int number) {
    if (pid <= 1 || pid == getpid() || start_time == 0) return -1;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0) return -1;
    if (process_start_time(pid) != start_time || syscall(SYS_pidfd_send_signal, fd, number, NULL, 0) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool process_is_ending(pid_t pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file) return true;
    bool read = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    const char *rest = read ? strrchr(text, ')') : NULL; /* its name may have blanks */
    char state;
    unsigned flags;
    if (!rest || sscanf(rest + 1, " %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2) return true;
    return state == 'Z' || state == 'X' || (flags & EXITING) != 0;
}

int processes_kill(const struct journal_process *processes, size_t count, int milliseconds) {
    long long deadline = now_ms() + milliseconds;
    int result = 0;
    struct pollfd fds[JOURNAL_PROCESSES];
    size_t n = 0;
    for (size_t i = 0; i < count && n < JOURNAL_PROCESSES; i++) {
        int fd = process_signal(processes[i].pid, processes[i].start_time, SIGKILL);
        if (fd >= 0) fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
    for (size_t i = 0; i < n; i++) {
        long long left = deadline - now_ms();
        int ready;
        while ((ready = poll(&fds[i], 1, left > 0 ? (int)left : 0)) < 0 && errno == EINTR) left = deadline - now_ms();
        if (ready != 1) result = -1;
        close(fds[i].fd);
    }
    return result;
}
