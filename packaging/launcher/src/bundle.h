/* The bundle directory that containerd made for a container. */
#ifndef SAYA_BUNDLE_H
#define SAYA_BUNDLE_H

#include <limits.h>
#include <stdbool.h>

#include "fault.h"

#define SANDBOX_ID_SIZE 80

struct bundle {
    char path[PATH_MAX];              /* absolute */
    char sandbox_id[SANDBOX_ID_SIZE]; /* of the pod; of the container itself where there is no pod */
    bool member;                      /* a container that joins the sandbox of another one */
};

/* Reads config.json's annotations. A bundle without config.json is a container started alone. */
int bundle_open(const char *path, const char *id, struct bundle *bundle, struct fault *f);

/* Writes the file `address`, by which containerd 1.x finds the daemon again after its restart. */
int bundle_write_address(const struct bundle *bundle, const char *address, struct fault *f);

/* The pid in `init.pid`, 0 where there is none. */
unsigned bundle_init_pid(const struct bundle *bundle);

/* The bundle's log FIFO, which never blocks and never reports a broken pipe; -1 where there is none. */
int bundle_open_log(const char *path);

/* containerd's form of an id: at most 76 characters, letters and digits joined by single '.', '_', '-'. */
bool identifier_valid(const char *text);

#endif
