// Namespaces that outlive the processes in them: the containers of a sandbox share ipc and uts.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// Makes both, the host name set in the latter, and pins them to IPC_NAMESPACE and UTS_NAMESPACE. False with a text in `error`.
bool namespaces_create(const char *hostname, char *error, size_t error_size);
void namespaces_remove(void);

// The process whose pid namespace containers share that no pause container has: it is made when it is first asked for, sleeps in an
// empty root, and lives as long as the sandbox. -1 with errno.
pid_t namespaces_pid_holder(void);
