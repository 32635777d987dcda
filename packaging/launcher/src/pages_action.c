#define _GNU_SOURCE
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actions.h"
#include "child.h"
#include "files.h"

/* QEMU makes its memory some 10 ms after it was executed, on a quiet host. */
#define MEMORY_LIMIT_MS 5000
#define LOOK_US 500

/* What memory-backend-memfd calls it. */
static const char memory_name[] = "/memfd:memory-backend-memfd";

/* The file `pages` of a template, which the daemon has checked: 64 bits each, big endian
 * (qemu/src/main/java/io/saya/qemu/saved/MemoryImage.java). Runs follow, then a checksum. */
struct header {
    uint64_t magic, guest_bytes, memory_bytes, state_bytes;
};
struct run {
    uint64_t offset, length;
};

/* What one of two threads copies: every other piece, so that both have as much to do. */
struct part {
    const uint8_t *memory;
    const struct run *runs;
    size_t count;
    int guest;
    unsigned number;
    int error;
};

#define PARTS 2
#define PIECE (1u << 20)

static int write_at(int fd, const uint8_t *bytes, size_t length, off_t offset) {
    while (length > 0) {
        ssize_t n = pwrite(fd, bytes, length, offset);
        if (n < 0 && errno != EINTR) return errno;
        if (n <= 0) continue;
        bytes += n, offset += n, length -= (size_t)n;
    }
    return 0;
}

static void *copy_part(void *argument) {
    struct part *part = argument;
    const uint8_t *from = part->memory;
    unsigned piece = 0;
    for (size_t i = 0; i < part->count && part->error == 0; i++) {
        uint64_t length = be64toh(part->runs[i].length), offset = be64toh(part->runs[i].offset);
        for (uint64_t done = 0; done < length && part->error == 0; done += PIECE) {
            size_t size = length - done < PIECE ? (size_t)(length - done) : PIECE;
            if (piece++ % PARTS == part->number) part->error = write_at(part->guest, from + done, size, (off_t)(offset + done));
        }
        from += length;
    }
    return NULL;
}

static int copy(int guest, const uint8_t *memory, const struct run *runs, size_t count) {
    struct part parts[PARTS];
    pthread_t threads[PARTS];
    bool begun[PARTS] = {false};
    for (unsigned i = 0; i < PARTS; i++) parts[i] = (struct part){memory, runs, count, guest, i, 0};
    for (unsigned i = 1; i < PARTS; i++) begun[i] = pthread_create(&threads[i], NULL, copy_part, &parts[i]) == 0;
    for (unsigned i = 0; i < PARTS; i++)
        if (!begun[i]) copy_part(&parts[i]);
    int error = parts[0].error;
    for (unsigned i = 1; i < PARTS; i++) {
        if (begun[i]) pthread_join(threads[i], NULL);
        if (error == 0) error = parts[i].error;
    }
    return error;
}

static const uint8_t *map(int fd, uint64_t size) {
    struct stat s;
    if (fstat(fd, &s) != 0) return NULL;
    if (size == 0 || (uint64_t)s.st_size < size) {
        errno = ENODATA;
        return NULL;
    }
    const uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    return bytes == MAP_FAILED ? NULL : bytes;
}

/* The memory of a QEMU that is starting, once it has its size; -1 while it has none. */
static int guest_memory(const char *directory, uint64_t bytes) {
    DIR *all = opendir(directory);
    struct dirent *entry;
    int found = -1;
    while (all && found < 0 && (entry = readdir(all))) {
        char path[PATH_MAX];
        ssize_t length = readlinkat(dirfd(all), entry->d_name, path, sizeof path);
        if (length < (ssize_t)sizeof memory_name - 1 || memcmp(path, memory_name, sizeof memory_name - 1) != 0) continue;
        struct stat s;
        found = openat(dirfd(all), entry->d_name, O_WRONLY | O_CLOEXEC);
        if (found < 0 || (fstat(found, &s) == 0 && (uint64_t)s.st_size == bytes)) continue;
        close(found);
        found = -1;
    }
    if (all) closedir(all);
    return found;
}

/* A process of the same guard: whatever else may have its number by now is not touched. */
static bool is_sibling(int pid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC), parent;
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    text[length < 0 ? 0 : length] = 0;
    const char *name_end = strrchr(text, ')');
    return name_end && sscanf(name_end + 1, " %*c %d", &parent) == 1 && parent == getppid();
}

static int await_guest_memory(int pid, uint64_t bytes) {
    char directory[64];
    snprintf(directory, sizeof directory, "/proc/%d/fd", pid);
    long long deadline = now_ms() + MEMORY_LIMIT_MS;
    int fd = -1;
    while (now_ms() < deadline && is_sibling(pid) && (fd = guest_memory(directory, bytes)) < 0) usleep(LOOK_US);
    /* Once more: then it was open before the process could have ended and another one taken its number. */
    if (fd >= 0 && !is_sibling(pid)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

int action_pages(const struct flags *flags) {
    prctl(PR_SET_NAME, "saya-pages");
    int list_fd, memory_fd, pid;
    struct stat s;
    if (sscanf(flags->address, "%d,%d,%d", &list_fd, &memory_fd, &pid) != 3 || fstat(list_fd, &s) != 0 ||
        (uint64_t)s.st_size < sizeof(struct header) + sizeof(uint64_t)) {
        fprintf(stderr, "saya: a template's memory: \"%s\" (expected: two descriptors and a process id)\n", flags->address);
        return 1;
    }
    const uint8_t *list = map(list_fd, (uint64_t)s.st_size);
    const struct header *header = (const struct header *)list;
    const uint8_t *memory = list ? map(memory_fd, be64toh(header->memory_bytes)) : NULL;
    if (!memory) {
        fprintf(stderr, "saya: a template's memory: %s\n", strerror(errno));
        return 1;
    }
    int guest = await_guest_memory(pid, be64toh(header->guest_bytes));
    if (guest < 0) {
        fprintf(stderr, "saya: QEMU %d has no memory of %llu bytes\n", pid, (unsigned long long)be64toh(header->guest_bytes));
        return 1;
    }
    size_t count = ((size_t)s.st_size - sizeof *header - sizeof(uint64_t)) / sizeof(struct run);
    int error = privileges_give_up() ? copy(guest, memory, (const struct run *)(header + 1), count) : errno;
    if (error != 0) fprintf(stderr, "saya: copy of a template's memory: %s\n", strerror(error));
    return error == 0 ? 0 : 1;
}
