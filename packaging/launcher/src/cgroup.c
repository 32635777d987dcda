#define _GNU_SOURCE
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"

#define PROCS_LIMIT (1u << 20)
#define PAUSE_MS 5

static bool inside(const char *cgroup) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/cgroup.procs", cgroup);
    struct bytes text = {0};
    bool found = false;
    if (file_read(path, PROCS_LIMIT, &text) == 0) {
        for (char *p = (char *)text.data, *end; !found; p = end) {
            long pid = strtol(p, &end, 10);
            if (end == p) break;
            found = pid == getpid();
        }
    }
    bytes_free(&text);
    return found;
}

static bool move_to(const char *cgroup) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/cgroup.procs", cgroup);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool moved = write(fd, "0", 1) == 1;
    close(fd);
    return moved;
}

/* The highest directory above that is a cgroup. */
static void top_of(const char *cgroup, char *top, size_t size) {
    char path[PATH_MAX], procs[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s", cgroup);
    snprintf(top, size, "%s", cgroup);
    for (char *slash; (slash = strrchr(path, '/')) && slash > path;) {
        *slash = 0;
        snprintf(procs, sizeof procs, "%s/cgroup.procs", path);
        if (access(procs, F_OK) != 0) return;
        snprintf(top, size, "%s", path);
    }
}

/* The service that started us may have been started anew, elsewhere: then the top has to do. */
static void go_home(const char *cgroup, const char *home) {
    char top[PATH_MAX];
    if (home && move_to(home)) return;
    top_of(cgroup, top, sizeof top);
    move_to(top);
}

int cgroup_remove(const char *path, const char *home, long long deadline) {
    /* Only if empty: a cgroup's files do not count, anything else is somebody's. */
    if (rmdir(path) == 0 || errno == ENOENT) return 0;
    if (errno != EBUSY) return -1;
    if (inside(path)) go_home(path, home);
    while (rmdir(path) != 0 && errno != ENOENT) {
        if (errno != EBUSY || now_ms() >= deadline) return -1;
        poll(NULL, 0, PAUSE_MS);
    }
    return 0;
}
