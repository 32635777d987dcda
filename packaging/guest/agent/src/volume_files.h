// A volume whose files the host sends, and sends again when they have changed: ConfigMaps, Secrets and their like.
//
// On a shared file system nobody in the guest would learn that the host has changed something. Here the guest's own kernel makes
// the change, in the steps of a kubelet, so who watches the directory is woken as on a host.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/agent.pb-c.h"

extern const char volume_files_driver[];

// Makes the directory at the mount point hold these files and no others. What is the same already is not touched; what differs is
// replaced by renaming; what is not among them goes last. False with a text in `error`: some of it may be done then.
bool volume_files_set(const Grpc__Storage *storage, char *error, size_t error_size);
