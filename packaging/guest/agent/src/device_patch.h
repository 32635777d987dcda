// The devices of a container: finding them in the guest and putting the guest's numbers into the specification.
#pragma once

#include "agent/agent.pb-c.h"
#include "device.h"

struct device_patch {
    const Grpc__CreateContainerRequest *request;
    size_t next;
    struct device_wait wait;
    void (*done)(struct device_patch *patch, const char *error);
};

// Calls done when all devices have been found, which may be at once; error is NULL then.
void device_patch_start(struct device_patch *patch, const Grpc__CreateContainerRequest *request,
                        void (*done)(struct device_patch *patch, const char *error));
