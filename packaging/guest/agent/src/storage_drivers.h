// What each storage driver does with one Storage message.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/agent.pb-c.h"

// True if the source is a block device that may still have to appear.
bool storage_driver_needs_device(const Grpc__Storage *storage);

// True if making it goes to what is behind a path of the host's or a disk, and takes as long as that does.
bool storage_driver_may_hang(const Grpc__Storage *storage);

// True if a storage that cannot be mounted for this errno may wait for a share that is being plugged in.
bool storage_driver_device_missing(const Grpc__Storage *storage, int error);

// Makes the mount. `source` is the storage's, or the device node found for it. is_mount tells whether there is something to
// unmount later. False with a text in `error`, and errno where it was the kernel that refused.
bool storage_driver_run(const Grpc__Storage *storage, const char *source, bool *is_mount, char *error, size_t error_size);

// Mounts an ephemeral storage again with the options it really is to have.
bool storage_remount_ephemeral(const Grpc__Storage *storage, char *error, size_t error_size);
