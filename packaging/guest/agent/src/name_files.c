#include "name_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

void name_files_look(pid_t init) {
    static const char *const names[] = {"hostname", "hosts", "resolv.conf"};
    char path[64];
    struct statx now;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "/proc/%d/root/etc/%s", (int)init, names[i]);
        // What is not there is none of them.
        (void)statx(AT_FDCWD, path, AT_STATX_FORCE_SYNC | AT_SYMLINK_NOFOLLOW, STATX_SIZE | STATX_MTIME, &now);
    }
}
