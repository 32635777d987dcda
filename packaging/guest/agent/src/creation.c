#include "creation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.pb-c.h"
#include "cgroup.h"
#include "container.h"
#include "device_patch.h"
#include "files.h"
#include "json.h"
#include "launch.h"
#include "log.h"
#include "modules.h"
#include "name_files.h"
#include "namespaces.h"
#include "oom.h"
#include "pod_limits.h"
#include "removal.h"
#include "sandbox.h"
#include "spec_json.h"
#include "storage.h"
#include "sysctl.h"

struct creation {
    struct call *call;
    const Grpc__CreateContainerRequest *request;
    struct container *container;
    struct device_patch devices;
    struct storage_setup storages;
    struct launch launch;
    struct removal removal;
    char rootfs[4096], cgroup[512], pid_namespace[64];
    char error[1024];
};

// ---- the end, one way or the other

static void answer_failure(struct creation *creation) {
    struct call *call = creation->call;
    call_fail(call, STATUS_INTERNAL, "CreateContainer %s: %s", creation->request->container_id, creation->error);
    free(creation);
}

static void removed_again(struct removal *removal, const char *error) {
    struct creation *creation = container_of(removal, struct creation, removal);
    if (error != NULL) log_error("container %s: %s", creation->request->container_id, error);
    answer_failure(creation);
}

static void fail(struct creation *creation, const char *error) {
    if (error != creation->error) snprintf(creation->error, sizeof creation->error, "%s", error);
    container_free(creation->container);
    answer_failure(creation);
}

static void succeed(struct creation *creation) {
    struct container *container = creation->container;
    container->cgroup = cgroup_directory(container->init->child.pid, creation->cgroup);
    container->state = CONTAINER_CREATED;
    oom_watch(container);
    if (!pod_limits_set(container, creation->request->pod_resources, creation->error, sizeof creation->error)) {
        removal_start(&creation->removal, container, 0, true, removed_again);
        return;
    }
    if (call_is_gone(creation->call)) {
        // The caller will never learn that it exists, so nobody would ever remove it.
        snprintf(creation->error, sizeof creation->error, "the caller went away");
        removal_start(&creation->removal, container, 0, true, removed_again);
        return;
    }
    call_reply_empty(creation->call);
    free(creation);
}

static void launched(struct launch *launch, const char *error) {
    struct creation *creation = container_of(launch, struct creation, launch);
    if (error == NULL) {
        succeed(creation);
        return;
    }
    // crun has cleaned up after itself unless it got as far as a process, or was killed.
    if (!creation->container->init->started && !launch->crun.timed_out) {
        fail(creation, error);
        return;
    }
    snprintf(creation->error, sizeof creation->error, "%s", error);
    removal_start(&creation->removal, creation->container, 0, true, removed_again);
}

// ---- from the specification to crun

static bool write_config(struct creation *creation) {
    const Grpc__Spec *spec = creation->request->oci;
    struct spec_context context = {
        .rootfs = creation->rootfs,
        .pid_namespace = creation->pid_namespace[0] != 0 ? creation->pid_namespace : NULL,
        .cgroup = creation->cgroup,
        .shared_namespaces = sandbox.created,
        .default_devices = sandbox.first_process, // elsewhere the machine's own rules hold
    };
    char path[4096];
    snprintf(path, sizeof path, "%s/config.json", creation->container->bundle);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    struct json json;
    bool written = json_begin(&json);
    if (written) {
        spec_json(&json, spec, &context);
        written = json_write(&json, fd);
        json_free(&json);
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return written;
}

// A storage may have been mounted where the root is to be; otherwise it is where the specification says.
static void choose_rootfs(struct creation *creation) {
    snprintf(creation->rootfs, sizeof creation->rootfs, "%s/rootfs", creation->container->bundle);
    if (storage_is_at(creation->rootfs)) return;
    const char *path = creation->request->oci->root->path;
    snprintf(creation->rootfs, sizeof creation->rootfs, "%s", path);
}

// Whose pid namespace the container is to be in where its specification names another one, by its id in the place of a path. NULL: none is
// named, or there is none of that id, which `named` tells.
static const struct container *named_pid_namespace(const struct creation *creation, const char **named) {
    const Grpc__Linux *linux = creation->request->oci->linux;
    for (size_t i = 0; i < linux->n_namespaces; i++)
        if (strcmp(linux->namespaces[i]->type, "pid") == 0 && linux->namespaces[i]->path[0] != 0) *named = linux->namespaces[i]->path;
    return *named != NULL ? container_find(*named) : NULL;
}

// The sandbox's is that of its first container, a pause container, which has one of its own. Where the first one has asked for the
// sandbox's itself, no container has it, and none is to take it along when it ends: a process of the agent's has it. 0: its owner does not
// run.
static pid_t sandbox_pid_namespace(const struct creation *creation, const struct container **owner) {
    struct list *head = list_first(&sandbox.containers);
    struct container *self = creation->container;
    const struct container *first = head == NULL ? self : container_of(head, struct container, link);
    if (first != self && !first->in_held_pid_namespace) {
        *owner = first;
        return first->init == NULL ? 0 : first->init->child.pid;
    }
    self->in_held_pid_namespace = true;
    return namespaces_pid_holder();
}

static bool choose_pid_namespace(struct creation *creation) {
    const char *named = NULL;
    const struct container *owner = named_pid_namespace(creation, &named);
    pid_t pid = owner != NULL && owner->init != NULL ? owner->init->child.pid : 0;
    if (named == NULL) {
        if (!creation->request->sandbox_pidns) return true;
        pid = sandbox_pid_namespace(creation, &owner);
    }
    if (pid < 0) {
        snprintf(creation->error, sizeof creation->error, "pid namespace of the sandbox: %s", strerror(errno));
        return false;
    }
    if (pid == 0) {
        snprintf(creation->error, sizeof creation->error, "pid namespace: container %s, which has it, is not running",
                 owner == NULL ? "that was named" : owner->id);
        return false;
    }
    snprintf(creation->pid_namespace, sizeof creation->pid_namespace, "/proc/%d/ns/pid", (int)pid);
    return true;
}

// Kubernetes names a file in the container; where that lies in the guest, its mount tells.
static void note_termination_log(struct container *container, const Grpc__Spec *spec) {
    const char *path = NULL;
    for (size_t i = 0; i < spec->n_annotations; i++)
        if (strcmp(spec->annotations[i]->key, "io.kubernetes.container.terminationMessagePath") == 0) path = spec->annotations[i]->value;
    for (size_t i = 0; path != NULL && i < spec->n_mounts && container->termination_log == NULL; i++)
        if (strcmp(spec->mounts[i]->destination, path) == 0) container->termination_log = strdup(spec->mounts[i]->source);
}

static void note_name_files(struct container *container, const Grpc__Spec *spec) {
    static const char shared[] = SHARED_DIRECTORY "/";
    for (size_t i = 0; i < spec->n_mounts; i++)
        if (name_file_is(spec->mounts[i]->destination) && strncmp(spec->mounts[i]->source, shared, sizeof shared - 1) == 0)
            container->shares_name_files = true;
}

static bool set_network_sysctls(struct creation *creation) {
    const Grpc__Linux *linux = creation->request->oci->linux;
    for (size_t i = 0; i < linux->n_sysctl; i++)
        if (sysctl_is_ours(linux->sysctl[i]->key) &&
            !sysctl_set(linux->sysctl[i]->key, linux->sysctl[i]->value, creation->error, sizeof creation->error))
            return false;
    return true;
}

static bool may_set_up_firewalls(const Grpc__Process *process) {
    const Grpc__LinuxCapabilities *capabilities = process->capabilities;
    for (size_t i = 0; capabilities != NULL && i < capabilities->n_bounding; i++)
        if (strcmp(capabilities->bounding[i], "CAP_NET_ADMIN") == 0) return true;
    return false;
}

static void run_crun(struct creation *creation) {
    const Grpc__Spec *spec = creation->request->oci;
    struct container *container = creation->container;
    choose_rootfs(creation);
    cgroup_path(spec->linux->cgroupspath, container->id, creation->cgroup, sizeof creation->cgroup);
    if (!choose_pid_namespace(creation) || !set_network_sysctls(creation)) {
        fail(creation, creation->error);
        return;
    }
    if (!write_config(creation)) {
        snprintf(creation->error, sizeof creation->error, "config.json: %s", strerror(errno));
        fail(creation, creation->error);
        return;
    }
    note_termination_log(container, spec);
    note_name_files(container, spec);
    if (sandbox.first_process && may_set_up_firewalls(spec->process)) modules_for_firewalls();
    container->hooks_after_start = spec->hooks != NULL && spec->hooks->n_poststart > 0;
    container->init = process_new(container, container->id, spec->process->terminal);
    if (container->init == NULL) {
        fail(creation, "out of memory in the guest");
        return;
    }
    creation->launch.definition = spec->process;
    creation->launch.limit_ms = call_time_left_ms(creation->call);
    const char *const command[] = {"create", "--bundle", container->bundle, NULL};
    const char *error = launch_start(&creation->launch, container->init, command, -1, launched);
    if (error != NULL) fail(creation, error);
}

static void storages_done(struct storage_setup *setup, const char *error) {
    struct creation *creation = container_of(setup, struct creation, storages);
    if (error != NULL)
        fail(creation, error);
    else
        run_crun(creation);
}

static void devices_done(struct device_patch *patch, const char *error) {
    struct creation *creation = container_of(patch, struct creation, devices);
    const Grpc__CreateContainerRequest *request = creation->request;
    if (error != NULL) {
        fail(creation, error);
        return;
    }
    creation->storages.limit_ms = call_time_left_ms(creation->call);
    storage_setup_start(&creation->storages, request->storages, request->n_storages, &creation->container->storages, storages_done);
}

// ---- the request

static bool is_alphanumeric(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_container_id(const char *id) {
    if (!is_alphanumeric(id[0]) || id[1] == 0 || strlen(id) > 128) return false;
    for (const char *c = id; *c != 0; c++)
        if (!is_alphanumeric(*c) && strchr("_.-", *c) == NULL) return false;
    return true;
}

// What is wrong with the request, or NULL.
static const char *check(const Grpc__CreateContainerRequest *request) {
    const Grpc__Spec *spec = request->oci;
    if (!is_container_id(request->container_id))
        return "the container id must be 2 to 128 letters, digits or any of _.- and begin with a letter or digit";
    if (spec == NULL) return "there is no OCI specification";
    if (spec->process == NULL || spec->process->n_args == 0) return "the specification has no process with arguments";
    if (spec->root == NULL || spec->root->path[0] != '/') return "the specification has no root with an absolute path";
    if (spec->linux == NULL) return "the specification has no linux part";
    if (request->n_shared_mounts > 0) return "shared_mounts are not supported; leave them empty";
    if (request->stdin_port != 0 || request->stdout_port != 0 || request->stderr_port != 0)
        return "stream ports are not supported; use ReadStdout, ReadStderr and WriteStdin";
    return NULL;
}

void handle_create_container(struct call *call, const void *message) {
    const Grpc__CreateContainerRequest *request = message;
    const char *wrong = check(request);
    if (wrong != NULL) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "CreateContainer \"%s\": %s", request->container_id, wrong);
        return;
    }
    if (container_find(request->container_id) != NULL) {
        call_fail(call, STATUS_ALREADY_EXISTS, "CreateContainer: container %s exists already", request->container_id);
        return;
    }
    if (list_length(&sandbox.containers) >= CONTAINERS_LIMIT) {
        call_fail(call, STATUS_RESOURCE_EXHAUSTED, "CreateContainer: the sandbox has %d containers already", CONTAINERS_LIMIT);
        return;
    }
    struct creation *creation = calloc(1, sizeof *creation);
    struct container *container = creation == NULL ? NULL : container_new(request->container_id);
    if (container == NULL) {
        free(creation);
        call_fail_memory(call);
        return;
    }
    creation->call = call;
    creation->request = request;
    creation->container = container;
    if (!make_directories(container->bundle)) {
        snprintf(creation->error, sizeof creation->error, "%s: %s", container->bundle, strerror(errno));
        fail(creation, creation->error);
        return;
    }
    device_patch_start(&creation->devices, request, devices_done);
}
