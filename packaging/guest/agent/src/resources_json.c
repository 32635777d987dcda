#include "resources_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- devices

static void device_rule_json(struct json *json, bool allow, const char *type, int64_t major, int64_t minor, const char *access) {
    json_open_object(json, NULL);
    json_bool(json, "allow", allow);
    json_string_if_given(json, "type", type);
    if (major >= 0) json_integer(json, "major", major);
    if (minor >= 0) json_integer(json, "minor", minor);
    json_string_if_given(json, "access", access);
    json_close_object(json);
}

// What every container may use: making nodes, but opening only these.
static void default_rules_json(struct json *json) {
    static const struct {
        int major, minor;
    } usual[] = {
        {1, 3},    {1, 5}, {1, 7},    {1, 8}, {1, 9}, // null, zero, full, random, urandom
        {5, 0},    {5, 2}, {136, -1},                 // tty, ptmx, pts
        {10, 200},                                    // net/tun, as runc has it until 1.1
    };
    device_rule_json(json, false, "a", -1, -1, "rwm");
    device_rule_json(json, true, "c", -1, -1, "m");
    device_rule_json(json, true, "b", -1, -1, "m");
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) device_rule_json(json, true, "c", usual[i].major, usual[i].minor, "rwm");
}

static void devices_json(struct json *json, const Grpc__Linux *linux, bool defaults) {
    const Grpc__LinuxResources *resources = linux->resources;
    bool given = resources != NULL && resources->n_devices > 0;
    if (!given && !defaults) return;
    json_open_array(json, "devices");
    if (!given) default_rules_json(json);
    for (size_t i = 0; given && i < resources->n_devices; i++) {
        const Grpc__LinuxDeviceCgroup *rule = resources->devices[i];
        // 0 is "not given", which for a rule is "any".
        bool any = rule->major == 0 && rule->minor == 0;
        device_rule_json(json, rule->allow, rule->type, any ? -1 : rule->major, any ? -1 : rule->minor, rule->access);
    }
    // A device node the container is given is one it may open.
    for (size_t i = 0; i < linux->n_devices; i++)
        if (strchr("cbu", linux->devices[i]->type[0]) != NULL && linux->devices[i]->type[0] != 0)
            device_rule_json(json, true, linux->devices[i]->type[0] == 'b' ? "b" : "c", linux->devices[i]->major, linux->devices[i]->minor,
                             "rwm");
    json_close_array(json);
}

// ---- limits

static void memory_json(struct json *json, const Grpc__LinuxMemory *memory) {
    if (memory == NULL) return;
    json_open_object(json, "memory");
    json_integer_if_given(json, "limit", memory->limit);
    json_integer_if_given(json, "reservation", memory->reservation);
    json_integer_if_given(json, "swap", memory->swap);
    json_close_object(json);
}

static void cpu_json(struct json *json, const Grpc__LinuxCPU *cpu) {
    if (cpu == NULL) return;
    json_open_object(json, "cpu");
    json_unsigned_if_given(json, "shares", cpu->shares);
    json_integer_if_given(json, "quota", cpu->quota);
    json_unsigned_if_given(json, "period", cpu->period);
    json_string_if_given(json, "cpus", cpu->cpus);
    json_string_if_given(json, "mems", cpu->mems);
    json_close_object(json);
}

static void throttles_json(struct json *json, const char *key, Grpc__LinuxThrottleDevice *const *devices, size_t count) {
    if (count == 0) return;
    json_open_array(json, key);
    for (size_t i = 0; i < count; i++) {
        json_open_object(json, NULL);
        json_integer(json, "major", devices[i]->major);
        json_integer(json, "minor", devices[i]->minor);
        json_unsigned(json, "rate", devices[i]->rate);
        json_close_object(json);
    }
    json_close_array(json);
}

static void block_io_json(struct json *json, const Grpc__LinuxBlockIO *io) {
    if (io == NULL) return;
    json_open_object(json, "blockIO");
    json_unsigned_if_given(json, "weight", io->weight);
    throttles_json(json, "throttleReadBpsDevice", io->throttlereadbpsdevice, io->n_throttlereadbpsdevice);
    throttles_json(json, "throttleWriteBpsDevice", io->throttlewritebpsdevice, io->n_throttlewritebpsdevice);
    throttles_json(json, "throttleReadIOPSDevice", io->throttlereadiopsdevice, io->n_throttlereadiopsdevice);
    throttles_json(json, "throttleWriteIOPSDevice", io->throttlewriteiopsdevice, io->n_throttlewriteiopsdevice);
    json_close_object(json);
}

// Container managers send a limit for each size of the host. One of a size the guest has no pages of limits nothing, and crun
// would fail for it. Sizes are written as "2MB".
static bool guest_has_pages(const char *size) {
    char *unit, path[64];
    unsigned long long number = strtoull(size, &unit, 10);
    unsigned shift = strcmp(unit, "KB") == 0 ? 0 : strcmp(unit, "MB") == 0 ? 10 : strcmp(unit, "GB") == 0 ? 20 : 64;
    if (shift == 64 || number == 0 || number > 1 << 20) return false;
    snprintf(path, sizeof path, "/sys/kernel/mm/hugepages/hugepages-%llukB", number << shift);
    return access(path, F_OK) == 0;
}

static void huge_pages_json(struct json *json, Grpc__LinuxHugepageLimit *const *limits, size_t count) {
    if (count == 0) return;
    json_open_array(json, "hugepageLimits");
    for (size_t i = 0; i < count; i++) {
        if (!guest_has_pages(limits[i]->pagesize)) continue;
        json_open_object(json, NULL);
        json_string(json, "pageSize", limits[i]->pagesize);
        json_unsigned(json, "limit", limits[i]->limit);
        json_close_object(json);
    }
    json_close_array(json);
}

static void unified_json(struct json *json, Grpc__LinuxResources__UnifiedEntry *const *files, size_t count) {
    if (count == 0) return;
    json_open_object(json, "unified");
    for (size_t i = 0; i < count; i++) json_string(json, files[i]->key, files[i]->value);
    json_close_object(json);
}

static void limits_json(struct json *json, const Grpc__LinuxResources *resources) {
    memory_json(json, resources->memory);
    cpu_json(json, resources->cpu);
    if (resources->pids != NULL && resources->pids->limit != 0) { // below 0: no limit
        json_open_object(json, "pids");
        json_integer(json, "limit", resources->pids->limit);
        json_close_object(json);
    }
    block_io_json(json, resources->blockio);
    huge_pages_json(json, resources->hugepagelimits, resources->n_hugepagelimits);
    unified_json(json, resources->unified, resources->n_unified);
}

void container_resources_json(struct json *json, const Grpc__Linux *linux, bool default_devices) {
    json_open_object(json, "resources");
    devices_json(json, linux, default_devices);
    if (linux->resources != NULL) limits_json(json, linux->resources);
    json_close_object(json);
}

void resources_json(struct json *json, const char *key, const Grpc__LinuxResources *resources) {
    json_open_object(json, key);
    limits_json(json, resources);
    json_close_object(json);
}
