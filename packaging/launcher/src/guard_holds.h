/* What the guard holds open for the next daemon: ends of the FIFOs of standard streams. Who reads output takes the end of its last writer
 * for the end of all; who writes input is hung up on where nobody reads. */
#ifndef SAYA_GUARD_HOLDS_H
#define SAYA_GUARD_HOLDS_H

#include <stdint.h>
#include <sys/types.h>

/* Three for some hundred processes. */
#define HOLD_LIMIT 2048

/* An end of a FIFO that a process has open. */
struct hold_call {
    pid_t owner;
    uint64_t device;
    uint64_t inode;
    int access; /* O_RDONLY or O_WRONLY */
};

/* As the daemon is told. */
struct hold {
    uint32_t handle; /* never used again; 0 is none's */
    int fd;
};

/* Duplicates such an end; NULL: an errno is set, and nothing is held. Does not wait for anybody, nor open the FIFO: a reader of a moment
 * would be seen by those who wait for one. */
const struct hold *holds_take(const struct hold_call *call);

/* Closes one; without effect if it is not held (any more). */
void holds_release(uint32_t handle);

/* For a process that was forked and executes nothing: it may wait for a disk, and the end of a FIFO must not wait for it. */
void holds_are_the_guards(void);

#endif
