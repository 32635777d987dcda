// A container of the sandbox and its processes.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "list.h"
#include "process.h"
#include "storage.h"

enum container_state {
    CONTAINER_CREATING, // devices, storages, crun create
    CONTAINER_CREATED,
    CONTAINER_RUNNING, // started; its init may have exited since
    CONTAINER_REMOVING,
};

// Processes that were waited for are kept this many deep: a late Read still finds the output, a repeated Wait the code.
enum { CONTAINER_LINGERING_LIMIT = 32 };

// Far above what anybody runs; without a bound a client that never waits for its processes would fill the guest's memory.
enum { CONTAINERS_LIMIT = 512, CONTAINER_PROCESSES_LIMIT = 1024 };

struct container {
    struct list link; // in the sandbox
    char *id;
    char *bundle;          // AGENT_ROOT/<id>
    char *cgroup;          // absolute directory, NULL before it is known
    char *termination_log; // file in the guest that the program leaves its last words in, NULL if none
    enum container_state state;
    bool hooks_after_start;
    bool paused;
    bool starting;              // StartContainer is under way
    bool shares_name_files;     // some of them are the host's, which may change them
    bool in_held_pid_namespace; // see namespaces_pid_holder
    struct process *init;
    struct list processes, lingering;
    unsigned lingering_count;
    unsigned launches; // cruns under way for it
    struct storage_users storages;
    int oom_watch;           // inotify, -1 if none
    uint64_t oom_kills;      // in it, so far
    uint64_t oom_limits;     // how often its own limit was what killed
    uint64_t oom_pods;       // how often its pod's was, as it was last seen
    struct removal *removal; // while state is REMOVING
};

// A new one in state CREATING, listed in the sandbox; NULL without memory.
struct container *container_new(const char *id);

// Only for one that has no processes and no launches any more: releases storages, removes the bundle, frees it.
void container_free(struct container *container);

struct container *container_find(const char *id);

// "" and the container's id are its init. Processes that were waited for are found only if `lingering` is asked for.
struct process *container_find_process(struct container *container, const char *id, bool lingering);

// Sends a signal to every process in the container, processes unknown to the agent included.
void container_signal_all(struct container *container, int signal);

// Sends SIGKILL to everything in the container, processes unknown to the agent included.
void container_kill_all(struct container *container);

void container_process_exited(struct container *container, struct process *process, bool waited);
void container_process_waited(struct container *container, struct process *process);
