#include "update.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.pb-c.h"
#include "container.h"
#include "crun.h"
#include "files.h"
#include "json.h"
#include "pod_limits.h"
#include "removal.h"
#include "spec_json.h"

struct update {
    struct crun crun;
    struct call *call;
    struct container *container;
};

static void updated(struct crun *crun, bool success) {
    struct update *update = container_of(crun, struct update, crun);
    struct container *container = update->container;
    struct call *call = update->call;
    char text[1024];
    crun_message(crun, text, sizeof text);
    crun_finish(crun);
    free(update);
    container->launches--;
    if (success)
        call_reply_empty(call);
    else
        call_fail(call, STATUS_INTERNAL, "UpdateContainer %s: %s", container->id, text);
    if (container->removal != NULL) removal_go_on(container);
}

static int write_resources(const Grpc__LinuxResources *resources) {
    int fd = memory_file("resources.json");
    struct json json;
    bool written = fd >= 0 && json_begin(&json);
    if (written) {
        resources_json(&json, NULL, resources);
        written = json_write(&json, fd);
        json_free(&json);
    }
    if (written || fd < 0) return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

// Of quota and period, what an update does not tell stays as it is. crun writes both: without a quota none, without a period its own,
// and nothing at all for "no quota" alone.
static void complete_bandwidth(const struct container *container, Grpc__LinuxCPU *cpu) {
    char path[4096], text[64], quota[32];
    unsigned long long period;
    if (cpu == NULL || container->cgroup == NULL || (cpu->quota == 0) == (cpu->period == 0)) return;
    snprintf(path, sizeof path, "%s/cpu.max", container->cgroup);
    if (read_text(path, text, sizeof text) <= 0 || sscanf(text, "%31s %llu", quota, &period) != 2) return;
    if (cpu->period == 0)
        cpu->period = period;
    else
        cpu->quota = strcmp(quota, "max") == 0 ? -1 : strtoll(quota, NULL, 10);
}

static int start(struct update *update, const Grpc__LinuxResources *resources) {
    int input = write_resources(resources);
    if (input < 0) return errno;
    const char *const arguments[] = {"update", "--resources", CRUN_INPUT, update->container->id, NULL};
    struct crun_run run = {.arguments = arguments, .stdio = {-1, -1, -1}, .input_fd = input, .limit_ms = call_time_left_ms(update->call)};
    int error = crun_start(&update->crun, &run, updated);
    close(input);
    return error;
}

void handle_update_container(struct call *call, const void *message) {
    const Grpc__UpdateContainerRequest *request = message;
    struct container *container = container_find(request->container_id);
    if (container == NULL || request->resources == NULL) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "UpdateContainer: %s \"%s\"",
                  container == NULL ? "invalid container id" : "no resources for container", request->container_id);
        return;
    }
    if (container->state == CONTAINER_CREATING || container->state == CONTAINER_REMOVING) {
        call_fail(call, STATUS_FAILED_PRECONDITION, "UpdateContainer: container %s is being created or removed", container->id);
        return;
    }
    char text[512];
    if (!pod_limits_set(container, request->pod_resources, text, sizeof text)) {
        call_fail(call, STATUS_INTERNAL, "UpdateContainer %s: %s", container->id, text);
        return;
    }
    complete_bandwidth(container, request->resources->cpu);
    struct update *update = calloc(1, sizeof *update);
    if (update == NULL) {
        call_fail_memory(call);
        return;
    }
    update->call = call;
    update->container = container;
    int error = start(update, request->resources);
    if (error == 0) {
        container->launches++;
        return;
    }
    free(update);
    call_fail(call, STATUS_INTERNAL, "UpdateContainer %s: %s", container->id, strerror(error));
}
