#include "device_patch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static void go_on(struct device_patch *patch);

static Grpc__LinuxDevice *find_in_spec(const struct device_patch *patch, const char *path) {
    const Grpc__Linux *linux = patch->request->oci->linux;
    for (size_t i = 0; i < linux->n_devices; i++)
        if (strcmp(linux->devices[i]->path, path) == 0) return linux->devices[i];
    return NULL;
}

// The rules for the device cgroup name the host's numbers too.
static void patch_rules(const struct device_patch *patch, const Grpc__LinuxDevice *device, int64_t major, int64_t minor) {
    const Grpc__LinuxResources *resources = patch->request->oci->linux->resources;
    for (size_t i = 0; resources != NULL && i < resources->n_devices; i++) {
        Grpc__LinuxDeviceCgroup *rule = resources->devices[i];
        if (rule->major != device->major || rule->minor != device->minor || strcmp(rule->type, device->type) != 0) continue;
        rule->major = major;
        rule->minor = minor;
    }
}

static void found(struct device_wait *wait, const char *name) {
    struct device_patch *patch = container_of(wait, struct device_patch, wait);
    const Grpc__Device *device = patch->request->devices[patch->next];
    Grpc__LinuxDevice *entry = find_in_spec(patch, device->container_path);
    struct stat status;
    char error[512];
    if (name == NULL) {
        snprintf(error, sizeof error, "device for %s: Timeout waiting for uevent: no block device at %s", device->container_path,
                 wait->address);
        patch->done(patch, error);
        return;
    }
    if (entry == NULL) {
        snprintf(error, sizeof error, "Missing devices in OCI spec: no entry with path %s", device->container_path);
        patch->done(patch, error);
        return;
    }
    if (stat(name, &status) < 0) {
        snprintf(error, sizeof error, "device %s for %s: %s", name, device->container_path, strerror(errno));
        patch->done(patch, error);
        return;
    }
    patch_rules(patch, entry, major(status.st_rdev), minor(status.st_rdev));
    entry->major = major(status.st_rdev);
    entry->minor = minor(status.st_rdev);
    patch->next++;
    go_on(patch);
}

static void go_on(struct device_patch *patch) {
    if (patch->next == patch->request->n_devices) {
        patch->done(patch, NULL);
        return;
    }
    const Grpc__Device *device = patch->request->devices[patch->next];
    bool pci = strcmp(device->type, "blk") == 0 && device->id[0] != 0;
    if (!pci && strcmp(device->type, "blk") != 0 && strcmp(device->type, "mmioblk") != 0) {
        char error[256];
        snprintf(error, sizeof error, "device type \"%.64s\" is not supported (known: blk, mmioblk)", device->type);
        patch->done(patch, error);
        return;
    }
    device_wait_start(&patch->wait, pci ? DEVICE_BLOCK_PCI : DEVICE_BLOCK_NODE, pci ? device->id : device->vm_path, found);
}

void device_patch_start(struct device_patch *patch, const Grpc__CreateContainerRequest *request,
                        void (*done)(struct device_patch *patch, const char *error)) {
    patch->request = request;
    patch->next = 0;
    patch->done = done;
    go_on(patch);
}
