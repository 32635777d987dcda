/* Where a sandbox's socket and run directory are. */
#ifndef SAYA_SANDBOX_PATHS_H
#define SAYA_SANDBOX_PATHS_H

#include <limits.h>

#include "fault.h"

#define DEFAULT_SOCKET_DIRECTORY "/run/containerd/s"
#define DEFAULT_RUN_BASE "/run/saya"

struct sandbox_paths {
    char socket[108];             /* <socket directory>/<sha256 of clean(ADDRESS/NAMESPACE/SANDBOX ID)> */
    char address[120];            /* unix://<socket> */
    char run_base[256];           /* SAYA_RUN_DIR, else /run/saya */
    char run_directory[256 + 64]; /* <run base>/<40 characters of the id>-<12 of the hash> */
};

/* socket_directory: "" for containerd's convention. */
int sandbox_paths(const char *address, const char *namespace, const char *sandbox_id, const char *socket_directory,
                  struct sandbox_paths *paths, struct fault *f);

/* Of a sandbox of which only the run directory is known; the socket is "". Only what lies directly below the run base is
 * taken for a run directory. */
int sandbox_paths_of_run_directory(const char *run_directory, struct sandbox_paths *paths, struct fault *f);

#endif
