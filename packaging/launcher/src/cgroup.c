#define _GNU_SOURCE
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "files.h"

#define PROCS_LIMIT (1u << 20)
#define PAUSE_MS 5

static bool inside(const char *cgroup)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/cgroup.procs", cgroup);
    struct bytes text = {0};
    bool found = false;
    if (file_read(path, PROCS_LIMIT, &text) == 0) {
        for (char *p = (char *)text.data, *end; !found; p = end) {
            long pid = strtol(p, &end, 10);
            if (end == p)
                break;
            found = pid == getpid();
        }
    }
    bytes_free(&text);
    return found;
}

static void go_home(const char *home)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/cgroup.procs", home);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)!write(fd, "0", 1);
    close(fd);
}

void cgroup_remove(const char *path, const char *home, long long deadline)
{
    /* Only if empty: a cgroup's files do not count, anything else is somebody's. */
    if (rmdir(path) == 0 || errno != EBUSY)
        return;
    if (home && inside(path))
        go_home(home);
    while (rmdir(path) != 0 && errno == EBUSY && now_ms() < deadline)
        poll(NULL, 0, PAUSE_MS);
}
