/* A process on the host that stands for a container: clients take its pid for that of the container's first process, look into its
 * /proc and enter its namespaces. It executes nothing and sleeps until it is killed. */
#ifndef SAYA_STAND_IN_H
#define SAYA_STAND_IN_H

#include "child.h"
#include "guard.h"

#define STAND_IN_NAME "saya-task"

struct stand_in {
    const char *title;             /* its arguments */
    const char *network_namespace; /* a path; "": that of the guard */
    char **cgroups;                /* directories that it goes into; one that it cannot enter is left out */
    const char *empty;             /* a directory of the host on which it mounts its root, seen by nobody else */
};

/* NULL: no process could be made, and nothing is left. */
struct child *child_stand_in(const struct launch *launch, const struct stand_in *stand_in, struct child_result *result);

#endif
