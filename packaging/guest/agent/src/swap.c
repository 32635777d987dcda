#include "swap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>

#include "agent/agent.pb-c.h"
#include "device.h"

// What is swapped in again is no longer the disk's: its file on the host becomes smaller.
static bool swap_to(const char *disk) {
    return swapon(disk, SWAP_FLAG_DISCARD) == 0;
}

void handle_add_swap_path(struct call *call, const void *message) {
    const Grpc__AddSwapPathRequest *request = message;
    if (!swap_to(request->path))
        call_fail(call, STATUS_INTERNAL, "AddSwapPath %s: %s", request->path, strerror(errno));
    else
        call_reply_empty(call);
}

struct adding {
    struct device_wait wait;
    struct call *call;
};

static void found(struct device_wait *wait, const char *disk) {
    struct adding *adding = container_of(wait, struct adding, wait);
    if (disk == NULL)
        call_fail(adding->call, STATUS_INTERNAL, "AddSwap: no disk at PCI path %s", wait->address);
    else if (!swap_to(disk))
        call_fail(adding->call, STATUS_INTERNAL, "AddSwap %s (PCI path %s): %s", disk, wait->address, strerror(errno));
    else
        call_reply_empty(adding->call);
    free(adding);
}

void handle_add_swap(struct call *call, const void *message) {
    const Grpc__AddSwapRequest *request = message;
    char path[64] = "";
    size_t used = 0;
    for (size_t i = 0; i < request->n_pcipath && used < sizeof path; i++)
        used += (size_t)snprintf(path + used, sizeof path - used, "%s%02x", i == 0 ? "" : "/", request->pcipath[i]);
    if (used == 0 || used >= sizeof path) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "AddSwap: a PCI path of %zu slots", request->n_pcipath);
        return;
    }
    struct adding *adding = calloc(1, sizeof *adding);
    if (adding == NULL) {
        call_fail_memory(call);
        return;
    }
    adding->call = call;
    device_wait_start(&adding->wait, DEVICE_BLOCK_PCI, path, found);
}
