#include "sysctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "files.h"

bool sysctl_is_ours(const char *name) {
    return strncmp(name, "net.", 4) == 0 || strncmp(name, "net/", 4) == 0;
}

bool sysctl_set(const char *name, const char *value, char *error, size_t error_size) {
    static const char root[] = "/proc/sys/";
    char path[300];
    if ((size_t)snprintf(path, sizeof path, "%s%s", root, name) >= sizeof path) {
        snprintf(error, error_size, "sysctl %.64s...: the name is too long", name);
        return false;
    }
    // Written with dots, a slash stands for a dot in a link's name (net.ipv4.conf.eth0/1); written with slashes it is a path.
    if (name[3] == '.')
        for (char *c = path + sizeof root - 1; *c != 0; c++) *c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
    errno = EINVAL;
    if (strstr(path, "/../") == NULL && strstr(path, "//") == NULL && write_text(path, value)) return true;
    snprintf(error, error_size, "sysctl %s = \"%s\": %s", name, value, strerror(errno));
    return false;
}
