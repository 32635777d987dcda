#include "pod_limits.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "files.h"

// Room for the number of a file of a cgroup.
enum { NUMBER = 32, DEFAULT_PERIOD = 100000 };

struct pod {
    char directory[4096];
    char *error;
    size_t size;
};

static bool set(const struct pod *pod, const char *name, const char *text) {
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", pod->directory, name);
    if (length > 0 && length < (int)sizeof path && write_text(path, text)) return true;
    snprintf(pod->error, pod->size, "%.128s to %s of the pod: %s", text, name, strerror(errno));
    return false;
}

static const char *number(int64_t limit, char *text) {
    if (limit < 0) return "max";
    snprintf(text, NUMBER, "%lld", (long long)limit);
    return text;
}

static bool set_cpu(const struct pod *pod, const Grpc__LinuxCPU *cpu) {
    char quota[NUMBER], text[2 * NUMBER];
    if (cpu == NULL || cpu->quota == 0) return true;
    unsigned long long period = cpu->period == 0 ? DEFAULT_PERIOD : cpu->period;
    snprintf(text, sizeof text, "%s %llu", number(cpu->quota, quota), period);
    return set(pod, "cpu.max", text);
}

bool pod_limits_set(const struct container *container, const Grpc__LinuxResources *limits, char *error, size_t size) {
    struct pod pod = {.size = size};
    char text[NUMBER];
    pod.error = error;
    if (limits == NULL || container->cgroup == NULL) return true;
    snprintf(pod.directory, sizeof pod.directory, "%s", container->cgroup);
    char *name = strrchr(pod.directory, '/');
    if (name != NULL) *name = 0;
    if (strlen(pod.directory) <= strlen(CGROUP_ROOT)) return true;
    const Grpc__LinuxMemory *memory = limits->memory;
    const Grpc__LinuxPids *pids = limits->pids;
    return (memory == NULL || memory->limit == 0 || set(&pod, "memory.max", number(memory->limit, text))) &&
           (pids == NULL || pids->limit == 0 || set(&pod, "pids.max", number(pids->limit, text))) && set_cpu(&pod, limits->cpu);
}
