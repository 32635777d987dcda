// The storages of a sandbox or container: mounts to make before it exists and to undo after it is gone.
//
// A mount point can be asked for several times; it is made once and undone when its last user has gone.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/agent.pb-c.h"
#include "aside.h"
#include "device.h"
#include "list.h"

struct storage_outcome; // in memory of aside_memory

// The mount points a sandbox or container uses.
struct storage_users {
    struct list list;
};

void storage_users_init(struct storage_users *users);

// Undoes the mounts nobody else uses. Failures are logged.
void storage_release(struct storage_users *users);

// True if a storage is in use that has this mount point.
bool storage_is_at(const char *path);

// Puts the files of a volume right that the host has sent again; nothing where nobody uses it any more, or where it is no such volume.
bool storage_refresh(const Grpc__Storage *storage, char *error, size_t error_size);

// Prepares storages one after the other; some have to wait for their device.
struct storage_setup {
    Grpc__Storage **storages;
    size_t count, next;
    unsigned limit_ms; // for each that the host may hold up, to be set before
    struct storage_users *users;
    struct device_wait wait;
    struct aside aside; // for one that the host may hold up
    const char *device; // for the process, which gets a copy
    struct storage_outcome *outcome;
    struct timer look_again; // for a share, which no event of the kernel tells of in time
    uint64_t give_up_at;     // by loop_now: what a look takes counts as well; 0: nothing is waited for
    // error is NULL when all are there. What was made before a failure stays with `users`.
    void (*done)(struct storage_setup *setup, const char *error);
};

// The messages must stay valid until done is called, which may be at once.
void storage_setup_start(struct storage_setup *setup, Grpc__Storage **storages, size_t count, struct storage_users *users,
                         void (*done)(struct storage_setup *setup, const char *error));

// Names of the drivers, for GetGuestDetails.
extern const char *const storage_drivers[];
extern const size_t storage_driver_count;
