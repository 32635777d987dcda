/* A directory in memory with one file that a target reads. */
#ifndef SAYA_FUZZ_FILE_H
#define SAYA_FUZZ_FILE_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char directory[] = "/dev/shm/saya-fuzz-XXXXXX";
static char path[sizeof directory + 32];

static void remove_file(void) {
    unlink(path);
    rmdir(directory);
}

/* Writes the file; the directory is made by the first call and goes with the process. */
static void write_file(const char *name, const uint8_t *data, size_t size) {
    if (path[0] == 0) {
        if (mkdtemp(directory) == NULL) abort();
        snprintf(path, sizeof path, "%s/%s", directory, name);
        atexit(remove_file);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
    close(fd);
}

#endif
