#include "cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

static const char root[] = "/sys/fs/cgroup";

void cgroup_path(const char *from_spec, const char *container_id, char *path, size_t size) {
    if (*from_spec == 0 || strlen(from_spec) + 2 > size || strstr(from_spec, "..") != NULL)
        snprintf(path, size, "/%s", container_id);
    else
        snprintf(path, size, "%s%s", *from_spec == '/' ? "" : "/", from_spec);
    for (char *c = path; *c != 0; c++)
        if (*c == ':') *c = '/';
}

static char *directory_of(const char *path) {
    char *directory;
    return asprintf(&directory, "%s%s", root, path) < 0 ? NULL : directory;
}

char *cgroup_directory(pid_t pid, const char *path) {
    char file[64], text[4096];
    snprintf(file, sizeof file, "/proc/%d/cgroup", (int)pid);
    if (pid > 0 && read_text(file, text, sizeof text) > 0)
        // Lines "number:controllers:path"; version 2 is "0::path".
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
            if (strncmp(line, "0::/", 4) == 0) return directory_of(line + 3);
    return directory_of(path);
}
