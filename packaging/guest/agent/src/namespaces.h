// Namespaces that outlive the processes in them: the containers of a sandbox share ipc and uts.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Makes both, the host name set in the latter, and pins them to IPC_NAMESPACE and UTS_NAMESPACE. False with a text in `error`.
bool namespaces_create(const char *hostname, char *error, size_t error_size);
void namespaces_remove(void);
