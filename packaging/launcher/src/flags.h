/* The command line of a containerd shim: Go style flags and one action. */
#ifndef SAYA_FLAGS_H
#define SAYA_FLAGS_H

#include <stdbool.h>

#include "fault.h"

/* Strings point into argv; a flag that was not given is "". */
struct flags {
    const char *namespace;
    const char *address;
    const char *publish_binary;
    const char *id;
    const char *bundle;
    const char *action;
    bool debug;
    bool version;
    bool info;
};

/* Parses by name; unknown flags are skipped. Fails on a known flag without its value. */
int flags_parse(int argc, char **argv, struct flags *flags, struct fault *f);

/* A copy that does not point into argv. */
struct flags flags_copy(const struct flags *flags);

/* Checks what start and delete need: id and namespace in containerd's form (at most 76 characters,
 * runs of letters and digits joined by single '.', '_' or '-'). */
int flags_validate(const struct flags *flags, struct fault *f);

#endif
