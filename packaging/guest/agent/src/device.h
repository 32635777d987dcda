// Devices that are plugged in while the guest runs: waiting until one shows up.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "list.h"
#include "loop.h"

enum device_kind {
    DEVICE_BLOCK_NODE, // address is a device node such as /dev/vda
    DEVICE_BLOCK_PCI,  // address is a PCI path such as 02/01
    DEVICE_NET_PCI,    // the same, of a network card
};

enum { DEVICE_NAME_SIZE = 64 };

struct device_wait {
    struct list link;
    struct timer limit, look_again;
    enum device_kind kind;
    char address[128];
    // name is /dev/... of a block device or the link name of a network card; NULL: it did not come within
    // agent.hotplug_timeout, or the address makes no sense.
    void (*done)(struct device_wait *wait, const char *name);
};

// Calls done at once if the device is there already.
void device_wait_start(struct device_wait *wait, enum device_kind kind, const char *address,
                       void (*done)(struct device_wait *wait, const char *name));
void device_wait_stop(struct device_wait *wait);

// Listens to the kernel's device events. Without it devices are found by looking again from time to time.
void device_events_init(void);

// The sysfs directory of a PCI path: "SS" or "SS.F" per bus level, hexadecimal, joined by '/'. False if it is not there (yet).
bool pci_path_resolve(const char *devices_root, const char *path, char *directory, size_t size);
