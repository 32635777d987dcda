/* The memory of a template on its way into a VM that starts from it. */
#define _GNU_SOURCE
#include <endian.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/actions.h"
#include "../../src/flags.h"
#include "unit.h"

#define GUEST_BYTES (4u << 20)
#define LONG_RUN (2u << 20) /* more than is written at once */

/* A process whose memory is to be filled, as QEMU has it; returns what the action says of it. */
static int fill(int list, int memory, pid_t pid) {
    char address[64];
    snprintf(address, sizeof address, "%d,%d,%d", list, memory, (int)pid);
    pid_t action = fork();
    if (action == 0) {
        freopen("/dev/null", "w", stderr);
        _exit(action_pages(&(struct flags){.address = address}));
    }
    int status;
    CHECK(waitpid(action, &status, 0) == action && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int scratch(const void *content, size_t length) {
    int fd = memfd_create("scratch", MFD_CLOEXEC);
    CHECK(write(fd, content, length) == (ssize_t)length);
    return fd;
}

/* The pages of a template go where they belong, into a sibling's memory and into nobody else's. */
static void memory_of_a_template_is_copied_to_a_sibling(void) {
    uint64_t list[] = {htobe64(1),    htobe64(GUEST_BYTES), htobe64(LONG_RUN + 4096), 0, htobe64(4096),
                       htobe64(4096), htobe64(1u << 20),    htobe64(LONG_RUN),        0};
    uint8_t *memory = malloc(LONG_RUN + 4096), *guest;
    for (size_t i = 0; i < LONG_RUN + 4096; i++) memory[i] = (uint8_t)(i / 4096 + 1);
    int list_fd = scratch(list, sizeof list), memory_fd = scratch(memory, LONG_RUN + 4096);
    int fd = memfd_create("memory-backend-memfd", MFD_CLOEXEC);
    CHECK(ftruncate(fd, GUEST_BYTES) == 0);
    guest = mmap(NULL, GUEST_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    pid_t sibling = fork();
    if (sibling == 0) {
        pause();
        _exit(0);
    }
    close(fd);
    CHECK(fill(list_fd, memory_fd, getppid()) == 1);
    CHECK(guest[4096] == 0);
    CHECK(fill(list_fd, memory_fd, sibling) == 0);
    CHECK(guest[0] == 0 && guest[8192] == 0);
    CHECK(memcmp(guest + 4096, memory, 4096) == 0);
    CHECK(memcmp(guest + (1u << 20), memory + 4096, LONG_RUN) == 0);
    CHECK(guest[(1u << 20) + LONG_RUN] == 0);
    CHECK(ftruncate(memory_fd, LONG_RUN) == 0);
    CHECK(fill(list_fd, memory_fd, sibling) == 1);
    CHECK(kill(sibling, SIGKILL) == 0 && waitpid(sibling, NULL, 0) == sibling);
    CHECK(fill(list_fd, memory_fd, sibling) == 1);
    munmap(guest, GUEST_BYTES);
    free(memory);
    close(list_fd);
    close(memory_fd);
}

void pages_tests(void) {
    memory_of_a_template_is_copied_to_a_sibling();
}
