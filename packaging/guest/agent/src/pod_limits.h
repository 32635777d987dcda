#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/oci.pb-c.h"
#include "container.h"

// Limits of the cgroup that a container's is in: the pod's. A pod's limits hold for its containers in sum, and for those that have
// none of their own. Of `limits` memory.limit, cpu.quota with its period, and pids.limit are read; what is 0 is not changed, what is
// below 0 is no limit. Nothing is done for NULL, and for a container right below the root, which has no pod. Needs a container that
// crun has made: crun has switched the controllers on. Returns whether all went well, else with a text in `error`.
bool pod_limits_set(const struct container *container, const Grpc__LinuxResources *limits, char *error, size_t size);
