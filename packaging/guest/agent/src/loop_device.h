// Loop devices: files that are seen as disks.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Makes a file of the guest a block device, loading the kernel module that this needs. Takes `device`, a path, and returns an open
// descriptor of it; -1 with a text in `error`. The device ends with its last user: the caller closes the descriptor once it has
// mounted the device, and has nothing to give back then but the mount.
int loop_device_attach(const char *file, bool read_only, char *device, size_t size, char *error, size_t error_size);
