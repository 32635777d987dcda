#include "storage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "files.h"
#include "log.h"
#include "options.h"
#include "share_files.h"
#include "storage_drivers.h"
#include "volume_files.h"

// How long to wait before looking again whether a share is there.
enum { SHARE_LOOK_MS = 5 };

const char *const storage_drivers[] = {"blk", "ephemeral", "files", "local", "loop", "mmioblk", "overlayfs", "virtio-fs"};
const size_t storage_driver_count = sizeof storage_drivers / sizeof storage_drivers[0];

// A mount point in use.
struct mounted {
    struct list link;
    unsigned users;
    bool keep; // until the sandbox ends
    bool is_mount;
    bool is_files;
    char path[];
};

struct usage {
    struct list link;
    struct mounted *mounted;
};

static struct list all = {&all, &all};

void storage_users_init(struct storage_users *users) {
    list_init(&users->list);
}

static struct mounted *find_mounted(const char *path) {
    list_each(node, &all) {
        struct mounted *mounted = container_of(node, struct mounted, link);
        if (strcmp(mounted->path, path) == 0) return mounted;
    }
    return NULL;
}

static void undo(struct mounted *mounted) {
    if (mounted->is_mount && umount2(mounted->path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL && errno != ENOENT)
        log_warn("unmount %s: %s", mounted->path, strerror(errno));
    if (mounted->is_mount && remove(mounted->path) < 0 && errno != ENOENT && errno != EBUSY && errno != ENOTEMPTY)
        log_debug("remove %s: %s", mounted->path, strerror(errno));
    if (mounted->is_files) remove_tree(mounted->path);
    list_remove(&mounted->link);
    free(mounted);
}

void storage_release(struct storage_users *users) {
    // Backwards: what was mounted later may lie on what was mounted before.
    while (!list_empty(&users->list)) {
        struct usage *usage = container_of(users->list.prev, struct usage, link);
        list_remove(&usage->link);
        if (--usage->mounted->users == 0 && !usage->mounted->keep) undo(usage->mounted);
        free(usage);
    }
}

static bool use(struct storage_users *users, struct mounted *mounted) {
    struct usage *usage = malloc(sizeof *usage);
    if (usage == NULL) return false;
    usage->mounted = mounted;
    mounted->users++;
    list_append(&users->list, &usage->link);
    return true;
}

static struct mounted *mounted_new(const Grpc__Storage *storage, bool is_mount) {
    size_t length = strlen(storage->mount_point) + 1;
    struct mounted *mounted = calloc(1, sizeof *mounted + length);
    if (mounted == NULL) return NULL;
    memcpy(mounted->path, storage->mount_point, length);
    mounted->keep = storage->shared;
    mounted->is_mount = is_mount;
    mounted->is_files = strcmp(storage->driver, volume_files_driver) == 0;
    list_append(&all, &mounted->link);
    return mounted;
}

bool storage_is_at(const char *path) {
    return find_mounted(path) != NULL;
}

bool storage_refresh(const Grpc__Storage *storage, char *error, size_t error_size) {
    const struct mounted *mounted = find_mounted(storage->mount_point);
    return mounted == NULL || !mounted->is_files || volume_files_set(storage, error, error_size);
}

// ---- one after the other

static void go_on(struct storage_setup *setup);

// What came of a mount.
struct storage_outcome {
    bool made, is_mount;
    int reason; // errno
    char error[1024];
};

static void run_driver(const Grpc__Storage *storage, const char *device, struct storage_outcome *outcome) {
    outcome->made = storage_driver_run(storage, device, &outcome->is_mount, outcome->error, sizeof outcome->error);
    outcome->reason = errno;
}

static void finish_with(struct storage_setup *setup, const struct storage_outcome *outcome) {
    const Grpc__Storage *storage = setup->storages[setup->next];
    if (!outcome->made) {
        bool missing = storage_driver_device_missing(storage, outcome->reason);
        if (setup->give_up_at == 0) setup->give_up_at = loop_now() + options.hotplug_timeout_ms;
        if (missing && loop_now() < setup->give_up_at)
            timer_start(&setup->look_again, SHARE_LOOK_MS);
        else
            setup->done(setup, outcome->error);
        return;
    }
    setup->give_up_at = 0;
    share_files_heed(storage);
    struct mounted *mounted = mounted_new(storage, outcome->is_mount);
    if (mounted == NULL || !use(setup->users, mounted)) {
        setup->done(setup, "out of memory in the guest");
        return;
    }
    setup->next++;
    go_on(setup);
}

// ---- the same by a process that may hang

static void work(void *argument) {
    const struct storage_setup *setup = argument;
    run_driver(setup->storages[setup->next], setup->device, setup->outcome);
}

static void worked(struct aside *aside, bool finished) {
    struct storage_setup *setup = container_of(aside, struct storage_setup, aside);
    const Grpc__Storage *storage = setup->storages[setup->next];
    struct storage_outcome outcome = *setup->outcome;
    aside_memory_free(setup->outcome, sizeof *setup->outcome);
    if (!finished) {
        outcome.made = false;
        outcome.reason = ETIMEDOUT;
        snprintf(outcome.error, sizeof outcome.error, "storage %s at %s: %s did not answer within %u s", storage->driver,
                 storage->mount_point, storage->source, setup->limit_ms / 1000);
    }
    finish_with(setup, &outcome);
}

static void finish_one(struct storage_setup *setup, const char *device) {
    const Grpc__Storage *storage = setup->storages[setup->next];
    if (!storage_driver_may_hang(storage)) {
        struct storage_outcome outcome;
        run_driver(storage, device, &outcome);
        finish_with(setup, &outcome);
        return;
    }
    char error[256];
    setup->device = device;
    setup->outcome = aside_memory(sizeof *setup->outcome);
    int reason = setup->outcome == NULL ? errno : aside_start(&setup->aside, work, setup, setup->limit_ms, worked);
    if (reason == 0) return;
    if (setup->outcome != NULL) aside_memory_free(setup->outcome, sizeof *setup->outcome);
    snprintf(error, sizeof error, "storage %s: %s", storage->driver, strerror(reason));
    setup->done(setup, error);
}

static void look_again(struct timer *timer) {
    struct storage_setup *setup = container_of(timer, struct storage_setup, look_again);
    finish_one(setup, setup->storages[setup->next]->source);
}

static void device_done(struct device_wait *wait, const char *name) {
    struct storage_setup *setup = container_of(wait, struct storage_setup, wait);
    if (name != NULL) {
        finish_one(setup, name);
        return;
    }
    char error[512];
    snprintf(error, sizeof error, "storage %s: Timeout waiting for uevent: no block device at %s", setup->storages[setup->next]->driver,
             wait->address);
    setup->done(setup, error);
}

static void go_on(struct storage_setup *setup) {
    while (setup->next < setup->count) {
        const Grpc__Storage *storage = setup->storages[setup->next];
        struct mounted *known = find_mounted(storage->mount_point);
        if (known == NULL) {
            if (storage_driver_needs_device(storage))
                device_wait_start(&setup->wait, storage->source[0] == '/' ? DEVICE_BLOCK_NODE : DEVICE_BLOCK_PCI, storage->source,
                                  device_done);
            else
                finish_one(setup, storage->source);
            return;
        }
        char error[1024];
        if (!storage_refresh(storage, error, sizeof error)) {
            setup->done(setup, error);
            return;
        }
        if (!use(setup->users, known)) {
            setup->done(setup, "out of memory in the guest");
            return;
        }
        setup->next++;
    }
    setup->done(setup, NULL);
}

void storage_setup_start(struct storage_setup *setup, Grpc__Storage **storages, size_t count, struct storage_users *users,
                         void (*done)(struct storage_setup *setup, const char *error)) {
    setup->storages = storages;
    setup->count = count;
    setup->next = 0;
    setup->users = users;
    setup->done = done;
    setup->give_up_at = 0;
    timer_init(&setup->look_again, look_again);
    go_on(setup);
}
