/* Core scheduling: on a core with several threads, none runs what is not of the same sandbox. */
#ifndef SAYA_CORES_H
#define SAYA_CORES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* From now on this process, and all that it starts, shares cores with nobody else. False with errno. */
bool cores_share_with_nobody(void);

/* The mark of a process, which those have in common that may run on a core at once; 0: none. False with errno. Needs the right to trace it.
 */
bool cores_mark(pid_t pid, uint64_t *mark);

/* What that errno means. */
const char *cores_problem(int error);

#endif
