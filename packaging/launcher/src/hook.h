/* A hook of an OCI specification: a program of the host's that is given the container's state to read. */
#ifndef SAYA_HOOK_H
#define SAYA_HOOK_H

#include "child.h"

struct hook {
    const char *path; /* of the program; argv[0] may be anything */
    char **argv;
    char **environment;
    const char *directory;
    const void *input; /* what it finds on its stdin */
    size_t input_length;
};

/* NULL: no process could be made, and nothing is left. It is a CHILD_PROCESS. */
struct child *child_hook(const struct hook *hook, struct child_result *result);

#endif
