// The files that tell a container's program its name and where others are.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

// True for the path of one of them in a container.
bool name_file_is(const char *path);

// Has the kernel ask the host how they are now, by a process of its own; then `done` is called once, from the loop, at the latest after ten
// seconds, or at once where there can be no process. Docker writes them between Create and Start, some milliseconds after they were
// mounted, and the kernel takes what it has seen of a shared file for true for a second. Before an exec, crun looks.
void name_files_look(pid_t init, void (*done)(void *owner), void *owner);
