// The control groups of containers (version 2).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CGROUP_ROOT "/sys/fs/cgroup"

// The path crun is told, below the hierarchy's root: what the specification says, in the form "slice:prefix:name" with the colons
// turned into levels, or else the container's id.
void cgroup_path(const char *from_spec, const char *container_id, char *path, size_t size);

// The directory a process is in, or else the one of the path; NULL without memory. The caller frees it.
char *cgroup_directory(pid_t pid, const char *path);

// Sends a signal to every process in a directory and in those below; false if there was none. What is forked meanwhile may not get it.
bool cgroup_signal(const char *directory, int signal);
