/* What of containerd's rights a sandbox keeps. */
#ifndef SAYA_RIGHTS_H
#define SAYA_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

/* In the guard, before it has any child: what neither it nor any program that it starts needs goes for good, by capabilities and
 * by a filter of system calls. False with errno. */
bool rights_of_guard(void);

/* In the child that becomes the daemon: as above, and less. */
bool rights_of_daemon(void);

/* Keeps these capabilities at most, bits by number, and no way to get one again: not by exec, not as root. False with errno. */
bool rights_keep(uint64_t kept);

#endif
