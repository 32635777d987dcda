// Takes an exclusive lock (flock) on a file, or says why not; with a second argument it keeps it for that many seconds.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int fd = argc < 2 ? -1 : open(argv[1], O_RDONLY | O_CLOEXEC);
    puts(fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 ? strerrorname_np(errno) : "ok");
    fflush(stdout);
    if (argc > 2) sleep((unsigned)atoi(argv[2]));
    return 0;
}
