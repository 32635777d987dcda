#include "cgroup.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

// Of cgroups that a container makes below its own; each costs a descriptor and 4 KiB of stack while it is looked through.
enum { LEVELS = 16 };

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
    return asprintf(&directory, "%s%s", CGROUP_ROOT, path) < 0 ? NULL : directory;
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

static bool signal_level(const char *directory, int signal, int levels) {
    char path[4096];
    bool found = false;
    snprintf(path, sizeof path, "%s/cgroup.procs", directory);
    FILE *processes = fopen(path, "re");
    int pid;
    // 0 is a process of a pid namespace that is not below this one.
    while (processes != NULL && fscanf(processes, "%d", &pid) == 1)
        if (pid > 0 && kill(pid, signal) == 0) found = true;
    if (processes != NULL) fclose(processes);
    DIR *entries = levels > 0 ? opendir(directory) : NULL;
    struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
        if (snprintf(path, sizeof path, "%s/%s", directory, entry->d_name) < (int)sizeof path)
            found |= signal_level(path, signal, levels - 1);
    }
    if (entries != NULL) closedir(entries);
    return found;
}

bool cgroup_signal(const char *directory, int signal) {
    return signal_level(directory, signal, LEVELS);
}
