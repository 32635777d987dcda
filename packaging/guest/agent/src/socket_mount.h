// Puts sockets of the guest's own (sockets.h) over files that containers see.
#pragma once

#include <stdbool.h>

#include "call.h"

// True if a program with this name for itself is the one that does it: the agent's own, in a process of its own.
bool socket_mount_is_meant(const char *program);

// What that process does; its exit code is 0, or an errno.
_Noreturn void socket_mount_run(int count, char **words);

void handle_mount_socket(struct call *call, const void *message);
