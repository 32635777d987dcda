#include "hotplug.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.pb-c.h"
#include "files.h"
#include "log.h"
#include "loop.h"
#include "modules.h"
#include "sandbox.h"

// A processor that was plugged in shows up a little later.
enum { LOOK_EVERY_MS = 50, LOOKS = 100 };

// Of a virtio-mem device in sysfs.
static const char memory_device[] = "0x1058";

static const char cpus[] = "/sys/devices/system/cpu", memory[] = "/sys/devices/system/memory";

// Calls back for each entry "<prefix><number>" of a directory.
static void each_numbered(const char *directory, const char *prefix, void (*visit)(const char *path, void *context), void *context) {
    DIR *stream = opendir(directory);
    if (stream == NULL) return;
    struct dirent *entry;
    while ((entry = readdir(stream)) != NULL) {
        size_t length = strlen(prefix);
        if (strncmp(entry->d_name, prefix, length) != 0 || !isdigit((unsigned char)entry->d_name[length])) continue;
        char path[512];
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        visit(path, context);
    }
    closedir(stream);
}

static void online_cpu(const char *path, void *context) {
    uint32_t *online = context;
    char file[600];
    uint64_t state;
    snprintf(file, sizeof file, "%s/online", path);
    // The first processor has no such file: it cannot be switched off.
    if (!read_number(file, &state)) state = 1;
    if (state == 0 && write_text(file, "1")) state = 1;
    *online += state == 1;
}

static uint32_t online_cpus(void) {
    uint32_t online = 0;
    each_numbered(cpus, "cpu", online_cpu, &online);
    return online;
}

static bool offline(const char *file) {
    char state[32];
    return read_word(file, state, sizeof state) && strcmp(state, "offline") == 0;
}

// The kernel takes blocks of a virtio-mem device into use by itself, and may do so between our look and our word: no error then.
static void online_block(const char *path, void *context) {
    (void)context;
    char file[600];
    snprintf(file, sizeof file, "%s/state", path);
    if (!offline(file) || write_text(file, "online")) return;
    int error = errno;
    if (offline(file)) log_warn("%s: %s", file, strerror(error));
}

// ---- virtio-mem

static bool has_memory_device(void) {
    DIR *devices = opendir("/sys/bus/pci/devices");
    struct dirent *entry;
    bool found = false;
    while (devices != NULL && !found && (entry = readdir(devices)) != NULL) {
        char file[300], id[16];
        snprintf(file, sizeof file, "/sys/bus/pci/devices/%s/device", entry->d_name);
        found = read_word(file, id, sizeof id) && strcmp(id, memory_device) == 0;
    }
    if (devices != NULL) closedir(devices);
    return found;
}

// The driver is loaded with the first memory that comes: most guests never need it. It wants the kernel to take new memory into use
// by itself; most of that must be such as can be taken out of use again, but the kernel needs some for itself, too.
static void take_memory_device(void) {
    static bool taken;
    if (taken || !sandbox.first_process || !has_memory_device()) return;
    taken = true;
    char error[512];
    if (!write_text("/sys/module/memory_hotplug/parameters/online_policy", "auto-movable") ||
        !write_text("/sys/devices/system/memory/auto_online_blocks", "online"))
        log_warn("online new memory: %s", strerror(errno));
    if (!module_load_by_name("virtio_mem", NULL, 0, error, sizeof error)) {
        taken = false;
        log_error("%s", error);
    }
}

struct onlining {
    struct timer timer;
    struct call *call;
    uint32_t wanted;
    bool cpu_only;
    int looks;
};

// Everything there is goes online, so both readings of the number (how many in total, how many new ones) are served; the total is
// what is waited for.
static void look(struct timer *timer) {
    struct onlining *onlining = container_of(timer, struct onlining, timer);
    struct call *call = onlining->call;
    uint32_t online = online_cpus();
    if (!onlining->cpu_only) each_numbered(memory, "memory", online_block, NULL);
    if (online >= onlining->wanted) {
        free(onlining);
        call_reply_empty(call);
    } else if (++onlining->looks < LOOKS) {
        timer_start(timer, LOOK_EVERY_MS);
    } else {
        call_fail(call, STATUS_INTERNAL, "OnlineCPUMem: %u processors are online after %d s (expected: %u)", online,
                  LOOKS * LOOK_EVERY_MS / 1000, onlining->wanted);
        free(onlining);
    }
}

void handle_online_cpu_mem(struct call *call, const void *message) {
    const Grpc__OnlineCPUMemRequest *request = message;
    struct onlining *onlining = calloc(1, sizeof *onlining);
    if (onlining == NULL) {
        call_fail_memory(call);
        return;
    }
    *onlining = (struct onlining){.call = call, .wanted = request->nb_cpus, .cpu_only = request->cpu_only};
    timer_init(&onlining->timer, look);
    if (!request->cpu_only) take_memory_device();
    look(&onlining->timer);
}

void handle_mem_hotplug_by_probe(struct call *call, const void *message) {
    const Grpc__MemHotplugByProbeRequest *request = message;
    for (size_t i = 0; i < request->n_memhotplugprobeaddr; i++) {
        char address[32];
        snprintf(address, sizeof address, "0x%" PRIx64, request->memhotplugprobeaddr[i]);
        if (write_text("/sys/devices/system/memory/probe", address)) continue;
        call_fail(call, STATUS_INTERNAL, "MemHotplugByProbe %s: %s", address, strerror(errno));
        return;
    }
    call_reply_empty(call);
}
