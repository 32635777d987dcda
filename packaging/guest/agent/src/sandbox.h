// The one sandbox this agent serves.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "call.h"
#include "list.h"
#include "storage.h"

#define AGENT_ROOT "/run/kata-containers"
#define SHARED_DIRECTORY AGENT_ROOT "/shared/containers"
#define SANDBOX_DIRECTORY AGENT_ROOT "/sandbox"
#define NAMESPACE_DIRECTORY "/var/run/sandbox-ns"
#define IPC_NAMESPACE NAMESPACE_DIRECTORY "/ipc"
#define UTS_NAMESPACE NAMESPACE_DIRECTORY "/uts"

struct sandbox {
    bool first_process; // the agent is the guest's init
    bool created;
    char id[256];
    struct storage_users storages;
    struct list containers; // of struct container, in the order of their creation
};

extern struct sandbox sandbox;

void sandbox_init(bool first_process);

void handle_create_sandbox(struct call *call, const void *message);
void handle_destroy_sandbox(struct call *call, const void *message);
