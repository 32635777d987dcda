/* What containerd asks of the binary. Each returns the exit code. */
#ifndef SAYA_ACTIONS_H
#define SAYA_ACTIONS_H

#include "flags.h"

/* Prints the address of the sandbox's daemon, which it starts if there is none. argv is that of main. */
int action_start(const struct flags *flags, int argc, char **argv);

/* Cleans up after a container whose daemon is dead; prints a DeleteResponse. */
int action_delete(const struct flags *flags);

/* Undoes what a dead sandbox left in the run directory that -bundle names; 3: its guard lives, nothing was done. */
int action_cleanup(const struct flags *flags);

/* Hands connections to localhost of the caller's network namespace to the daemon, at the Unix socket that -address names; each
 * begins with the port, 16 bits, big endian. Ends only with an error. (ports_action.c) */
int action_ports(const struct flags *flags);

/* Writes a byte to whoever connects to the listening socket whose number -address is: at once, and after each change of links,
 * addresses and routes in the caller's network namespace. Ends when that hangs up. (links_action.c) */
int action_links(const struct flags *flags);

/* Serves whoever connects to the listening socket whose number -address is: asks the name server that is in the caller's network namespace
 * what it is sent, and sends what that answers. Ends when the other hangs up. (names_action.c) */
int action_names(const struct flags *flags);

/* Connects whoever connects to the listening socket whose number -address is, to a stream socket of the host. That one begins with the user
 * and the group that are to be seen as who connects (32 bits each, big endian), the length of the path (16 bits) and the path, in which no
 * link is followed; it is answered by a byte, 0 or an errno, then by what the host's socket says. Ends only with an error.
 * (sockets_action.c) */
int action_sockets(const struct flags *flags);

/* Copies a template's memory into that of a guest which is being made: -address has the descriptors of the list of pages and of the
 * pages, and the pid of the guest's QEMU, a sibling, with commas between them. What it writes is charged to the cgroup that it is in.
 * (pages_action.c) */
int action_pages(const struct flags *flags);

/* Leaves to the processes of the cgroup, of either version, that -bundle names the devices of the rules, as version 1's devices.allow has
 * them, that -address lists with commas between them; ends at once. Without -bundle it only tells whether the kernel takes a program for
 * it, as version 2 needs it. (devices_action.c) */
int action_devices(const struct flags *flags);

/* Tells by its exit code, and on stderr why not, whether this host has core scheduling. Of the processes that -address lists with commas
 * between them it prints the id and the mark, in hexadecimal, a line each; those with one mark, not 0, share cores. (cores.c) */
int action_cores(const struct flags *flags);

/* Prints a RuntimeInfo. */
int action_info(void);

/* Prints the OCI runtime's features document, for CRI-O. */
int action_features(void);

#endif
