// The files that tell a container's program its name and where others are.
#pragma once

#include <sys/types.h>

// Has the kernel ask the host how they are now. Docker writes them between Create and Start, some milliseconds after they were mounted, and
// the kernel takes what it has seen of a shared file for true for a second.
void name_files_look(pid_t init);
