// Kernel parameters of the network.
//
// Containers of a sandbox share the guest's own network namespace. crun refuses to set a network parameter for a container
// without a network namespace of its own, so the agent sets these.
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool sysctl_is_ours(const char *name);

// Sets "net.a.b" to a value. False with a text in `error`.
bool sysctl_set(const char *name, const char *value, char *error, size_t error_size);
