/* The socket on which the sandbox's daemon answers. */
#ifndef SAYA_SHIM_SOCKET_H
#define SAYA_SHIM_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

#include "fault.h"

struct shim_socket {
    int fd; /* listening; -1 when a daemon answers already */
    dev_t device;
    ino_t inode; /* of the file that bind made: a later sandbox may have one of the same name */
};

/* Finds the daemon, or becomes the one who may start it. Of any number of callers at once exactly one
 * gets the listening socket. A file that nobody listens on is replaced.
 * may_create false: not finding a daemon is the fault. */
int shim_socket_claim(const char *path, bool may_create, struct shim_socket *claimed, struct fault *f);

/* Does a process listen there? */
bool shim_socket_answers(const char *path);

/* Removes the file, if it is still the one that the claim made. */
void shim_socket_release(const char *path, const struct shim_socket *claimed);

/* Removes the file if nobody listens on it. */
void shim_socket_remove_stale(const char *path);

#endif
