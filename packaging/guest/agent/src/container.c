#include "container.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "files.h"
#include "log.h"
#include "oom.h"
#include "removal.h"
#include "sandbox.h"

struct container *container_new(const char *id) {
    struct container *container = calloc(1, sizeof *container);
    if (container == NULL) return NULL;
    list_init(&container->link);
    list_init(&container->processes);
    list_init(&container->lingering);
    storage_users_init(&container->storages);
    container->oom_watch = -1;
    container->id = strdup(id);
    if (container->id == NULL || asprintf(&container->bundle, "%s/%s", AGENT_ROOT, id) < 0) {
        container->bundle = NULL;
        container_free(container);
        return NULL;
    }
    list_append(&sandbox.containers, &container->link);
    return container;
}

void container_free(struct container *container) {
    list_remove(&container->link);
    oom_unwatch(container);
    list_each(node, &container->processes) process_free(container_of(node, struct process, link));
    list_each(node, &container->lingering) process_free(container_of(node, struct process, link));
    storage_release(&container->storages);
    if (container->bundle != NULL) remove_tree(container->bundle);
    free(container->bundle);
    free(container->cgroup);
    free(container->termination_log);
    free(container->id);
    free(container);
}

struct container *container_find(const char *id) {
    list_each(node, &sandbox.containers) {
        struct container *container = container_of(node, struct container, link);
        if (strcmp(container->id, id) == 0) return container;
    }
    return NULL;
}

static struct process *find_in(struct list *processes, const char *id) {
    list_each(node, processes) {
        struct process *process = container_of(node, struct process, link);
        if (strcmp(process->id, id) == 0) return process;
    }
    return NULL;
}

struct process *container_find_process(struct container *container, const char *id, bool lingering) {
    if (*id == 0 || strcmp(id, container->id) == 0) return container->init;
    struct process *process = find_in(&container->processes, id);
    return process == NULL && lingering ? find_in(&container->lingering, id) : process;
}

static bool kill_cgroup(const struct container *container) {
    char path[4096];
    if (container->cgroup == NULL) return false;
    snprintf(path, sizeof path, "%s/cgroup.kill", container->cgroup);
    return write_text(path, "1");
}

static void signal_known(struct container *container, int signal) {
    list_each(node, &container->processes) process_signal(container_of(node, struct process, link), signal);
}

void container_signal_all(struct container *container, int signal) {
    if (container->cgroup == NULL || !cgroup_signal(container->cgroup, signal)) signal_known(container, signal);
}

void container_kill_all(struct container *container) {
    if (!kill_cgroup(container)) signal_known(container, SIGKILL);
}

// ---- processes

// Keeps a process that was waited for a little longer. The init is kept as long as its container is.
static void linger(struct container *container, struct process *process) {
    if (process == container->init) return;
    struct process *namesake = find_in(&container->lingering, process->id);
    if (namesake != NULL) {
        process_free(namesake);
        container->lingering_count--;
    }
    list_remove(&process->link);
    list_append(&container->lingering, &process->link);
    input_close(&process->input);
    if (++container->lingering_count <= CONTAINER_LINGERING_LIMIT) return;
    container->lingering_count--;
    process_free(container_of(list_first(&container->lingering), struct process, link));
}

void container_process_waited(struct container *container, struct process *process) {
    if (container_find_process(container, process->id, false) == process) linger(container, process);
}

void container_process_exited(struct container *container, struct process *process, bool waited) {
    if (waited) linger(container, process);
    if (container->removal != NULL) removal_go_on(container);
}
