#include "removal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.pb-c.h"
#include "log.h"

enum { DEFAULT_LIMIT_MS = 30000, DELETE_LIMIT_MS = 60000 };

static void finish(struct removal *removal, const char *error) {
    timer_stop(&removal->limit);
    struct container *container = removal->container;
    container->removal = NULL;
    if (error == NULL) {
        removal->container = NULL;
        container_free(container);
    } else {
        container->state = CONTAINER_RUNNING;
    }
    removal->done(removal, error);
}

static bool all_exited(const struct container *container) {
    list_each(node, &container->processes) {
        const struct process *process = container_of(node, struct process, link);
        if (process->started && !process->exited) return false;
    }
    return container->launches == 0;
}

// The container's processes are gone either way; what crun could not remove is logged and left.
static void crun_deleted(struct crun *crun, bool success) {
    struct removal *removal = container_of(crun, struct removal, crun);
    char text[512];
    crun_message(crun, text, sizeof text);
    crun_finish(crun);
    if (!success) log_warn("container %s: crun delete: %s", removal->container->id, text);
    finish(removal, NULL);
}

static void delete (struct removal *removal) {
    const char *const arguments[] = {"delete", "--force", removal->container->id, NULL};
    struct crun_run run = {.arguments = arguments, .stdio = {-1, -1, -1}, .input_fd = -1, .limit_ms = DELETE_LIMIT_MS};
    removal->deleting = true;
    int error = crun_start(&removal->crun, &run, crun_deleted);
    if (error == 0) return;
    log_warn("container %s: crun delete: %s", removal->container->id, strerror(error));
    finish(removal, NULL);
}

void removal_go_on(struct container *container) {
    struct removal *removal = container->removal;
    if (removal->deleting) return;
    if (!all_exited(container)) {
        container_kill_all(container); // an exec may have got in meanwhile
        return;
    }
    timer_stop(&removal->limit);
    if (removal->use_crun)
        delete (removal);
    else
        finish(removal, NULL);
}

static void limit_reached(struct timer *timer) {
    finish(container_of(timer, struct removal, limit), "ETIME: its processes did not end in time after SIGKILL");
}

void removal_start(struct removal *removal, struct container *container, uint64_t limit_ms, bool use_crun,
                   void (*done)(struct removal *removal, const char *error)) {
    *removal = (struct removal){.container = container, .use_crun = use_crun, .done = done};
    container->state = CONTAINER_REMOVING;
    container->removal = removal;
    timer_init(&removal->limit, limit_reached);
    timer_start(&removal->limit, limit_ms > 0 ? limit_ms : DEFAULT_LIMIT_MS);
    container_kill_all(container);
    removal_go_on(container);
}

// ---- RemoveContainer

struct request {
    struct removal removal;
    struct call *call;
};

static void answer(struct removal *removal, const char *error) {
    struct request *request = container_of(removal, struct request, removal);
    struct call *call = request->call;
    free(request);
    if (error == NULL)
        call_reply_empty(call);
    else
        call_fail(call, STATUS_INTERNAL, "RemoveContainer: %s", error);
}

void handle_remove_container(struct call *call, const void *message) {
    const Grpc__RemoveContainerRequest *wanted = message;
    struct container *container = container_find(wanted->container_id);
    if (container == NULL) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "RemoveContainer: invalid container id \"%s\"", wanted->container_id);
        return;
    }
    if (container->state == CONTAINER_CREATING || container->state == CONTAINER_REMOVING) {
        call_fail(call, STATUS_FAILED_PRECONDITION, "RemoveContainer: container %s is being %s", container->id,
                  container->state == CONTAINER_CREATING ? "created" : "removed");
        return;
    }
    struct request *request = malloc(sizeof *request);
    if (request == NULL) {
        call_fail_memory(call);
        return;
    }
    request->call = call;
    removal_start(&request->removal, container, (uint64_t)wanted->timeout * 1000, true, answer);
}
