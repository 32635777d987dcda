#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "actions.h"
#include "journal.h"
#include "run_directory.h"
#include "sandbox_paths.h"

#define PATIENCE_MS 2000 /* with a kernel that has not let go of a cgroup */

enum { CLEANED = 0, FAILED = 1, IN_USE = 3 };

/* Not for containerd but for `saya cleanup`: there may be no bundle any more, and nobody who knows an address. */
int action_cleanup(const struct flags *flags) {
    struct fault f = {""};
    struct sandbox_paths paths;
    if (sandbox_paths_of_run_directory(flags->bundle, &paths, &f) != 0) {
        fprintf(stderr, "saya: cleanup: %s\n", f.text);
        return FAILED;
    }
    int lock = run_directory_lock(&paths, 0, 0);
    if (lock < 0 && errno == ENOENT) return CLEANED;
    if (lock < 0) {
        fprintf(stderr, "saya: cleanup of %s: %s\n", paths.run_directory,
                errno == ETIMEDOUT ? "its guard lives (expected: a sandbox whose shim is dead; end it by containerd)" : strerror(errno));
        return errno == ETIMEDOUT ? IN_USE : FAILED;
    }
    int failed = run_directory_clean(&paths, PATIENCE_MS);
    close(lock);
    if (failed) fprintf(stderr, "saya: cleanup of %s: something is left in it or could not be killed\n", paths.run_directory);
    return failed ? FAILED : CLEANED;
}
