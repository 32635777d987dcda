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

/* Prints a RuntimeInfo. */
int action_info(void);

/* Prints the OCI runtime's features document, for CRI-O. */
int action_features(void);

#endif
