// StartContainer: what a creation has prepared runs.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.pb-c.h"
#include "container.h"
#include "crun.h"
#include "name_files.h"
#include "process_calls.h"
#include "removal.h"

struct starting {
    struct crun crun;
    struct call *call;
    struct container *container;
};

// What `crun start` does in the end, without starting a program for it: the init waits for a byte in this fifo. Whenever the fifo
// is not as expected, crun is asked to do it and to say what is wrong.
static bool release_init(const struct container *container) {
    char path[512];
    snprintf(path, sizeof path, CRUN_ROOT "/%s/exec.fifo", container->id);
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return false;
    bool released = unlink(path) == 0 && write(fd, "", 1) == 1;
    close(fd);
    return released;
}

static void crun_started(struct crun *crun, bool success) {
    struct starting *starting = container_of(crun, struct starting, crun);
    struct container *container = starting->container;
    struct call *call = starting->call;
    char text[1024];
    crun_message(crun, text, sizeof text);
    crun_finish(crun);
    free(starting);
    container->launches--;
    if (success && container->state == CONTAINER_CREATED) container->state = CONTAINER_RUNNING;
    if (success)
        call_reply_empty(call);
    else
        call_fail(call, STATUS_INTERNAL, "StartContainer %s: %s", container->id, text);
    if (container->removal != NULL) removal_go_on(container);
}

static void start_with_crun(struct call *call, struct container *container) {
    const char *const arguments[] = {"start", container->id, NULL};
    struct crun_run run = {.arguments = arguments, .stdio = {-1, -1, -1}, .input_fd = -1, .limit_ms = call_time_left_ms(call)};
    struct starting *starting = malloc(sizeof *starting);
    int error = starting == NULL ? ENOMEM : crun_start(&starting->crun, &run, crun_started);
    if (error != 0) {
        free(starting);
        call_fail(call, STATUS_INTERNAL, "StartContainer %s: start crun: %s", container->id, strerror(error));
        return;
    }
    starting->call = call;
    starting->container = container;
    container->launches++;
}

// The init waits, and everything that it may see is as it is to be.
static void start(struct call *call, struct container *container) {
    if (!container->hooks_after_start && release_init(container)) {
        container->state = CONTAINER_RUNNING;
        call_reply_empty(call);
    } else {
        start_with_crun(call, container);
    }
}

// ---- a look at files of the host's before

struct looking {
    struct call *call;
    struct container *container;
};

static void looked(void *owner) {
    struct looking looking = *(struct looking *)owner;
    struct container *container = looking.container;
    free(owner);
    container->launches--;
    container->starting = false;
    if (container->state == CONTAINER_CREATED)
        start(looking.call, container);
    else
        call_fail(looking.call, STATUS_FAILED_PRECONDITION, "StartContainer: container %s is being removed", container->id);
    if (container->removal != NULL) removal_go_on(container);
}

static void look_and_start(struct call *call, struct container *container) {
    struct looking *looking = malloc(sizeof *looking);
    if (looking == NULL) {
        call_fail_memory(call);
        return;
    }
    *looking = (struct looking){.call = call, .container = container};
    container->starting = true;
    container->launches++;
    name_files_look(container->init->child.pid, looked, looking);
}

// ---- the request

void handle_start_container(struct call *call, const void *message) {
    const Grpc__StartContainerRequest *request = message;
    struct container *container = container_find(request->container_id);
    if (container == NULL) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "StartContainer: invalid container id \"%s\"", request->container_id);
        return;
    }
    if (container->state != CONTAINER_CREATED || container->starting) {
        call_fail(call, STATUS_FAILED_PRECONDITION, "StartContainer: container %s is not in the state created", container->id);
        return;
    }
    if (container->shares_name_files)
        look_and_start(call, container);
    else
        start(call, container);
}
