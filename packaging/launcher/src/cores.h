/* Core scheduling: on a core with several threads, none runs what is not of the same sandbox. */
#ifndef SAYA_CORES_H
#define SAYA_CORES_H

#include <stdbool.h>

/* From now on this process, and all that it starts, shares cores with nobody else. False with errno. */
bool cores_share_with_nobody(void);

/* What that errno means. */
const char *cores_problem(int error);

#endif
