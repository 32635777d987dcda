// The specification of a container as crun reads it: the protobuf message turned into an OCI config.json.
//
// Scalars that are 0 or empty count as not given. Left out on purpose: AppArmor, SELinux and IntelRdt, which mean the host's;
// annotations that steer crun; the sysctls of the network, which sysctl.c sets.
#pragma once

#include <stdbool.h>

#include "agent/agent.pb-c.h"
#include "json.h"

// What the guest adds to the specification.
struct spec_context {
    const char *rootfs;
    const char *pid_namespace; // path of one to join; NULL makes a new one
    const char *cgroup;        // path below the root of the hierarchy
    bool shared_namespaces;    // join the sandbox's ipc and uts namespaces where the specification lists them
    bool default_devices;      // restrict devices to the usual ones if the specification says nothing
};

void spec_json(struct json *json, const Grpc__Spec *spec, const struct spec_context *context);

// Only the process, for `crun exec --process`.
void process_json(struct json *json, const char *key, const Grpc__Process *process);

// Only the resources, for `crun update --resources`, without devices.
void resources_json(struct json *json, const char *key, const Grpc__LinuxResources *resources);
