#include "linux_json.h"

#include <stdio.h>
#include <string.h>

#include "resources_json.h"
#include "sandbox.h"
#include "sysctl.h"

static void id_mappings_json(struct json *json, const char *key, Grpc__LinuxIDMapping *const *mappings, size_t count) {
    if (count == 0) return;
    json_open_array(json, key);
    for (size_t i = 0; i < count; i++) {
        json_open_object(json, NULL);
        json_unsigned(json, "hostID", mappings[i]->hostid);
        json_unsigned(json, "containerID", mappings[i]->containerid);
        json_unsigned(json, "size", mappings[i]->size);
        json_close_object(json);
    }
    json_close_array(json);
}

static void namespace_json(struct json *json, const char *type, const char *path) {
    json_open_object(json, NULL);
    json_string(json, "type", type);
    if (path != NULL) json_string_if_given(json, "path", path);
    json_close_object(json);
}

// The pid namespace is the agent's to give; a mount namespace is always needed. The cgroup namespace is always the container's own, as
// on a host with version 2 only: /sys/fs/cgroup shows the container's limits, and no neighbours.
static void namespaces_json(struct json *json, const Grpc__Linux *linux, const struct spec_context *context) {
    bool mount = false;
    json_open_array(json, "namespaces");
    namespace_json(json, "pid", context->pid_namespace);
    namespace_json(json, "cgroup", NULL);
    for (size_t i = 0; i < linux->n_namespaces; i++) {
        const char *type = linux->namespaces[i]->type, *path = linux->namespaces[i]->path;
        if (strcmp(type, "pid") == 0 || strcmp(type, "cgroup") == 0) continue;
        if (strcmp(type, "ipc") == 0 && context->shared_namespaces) path = IPC_NAMESPACE;
        if (strcmp(type, "uts") == 0 && context->shared_namespaces) path = UTS_NAMESPACE;
        mount = mount || strcmp(type, "mount") == 0;
        namespace_json(json, type, path);
    }
    if (!mount) namespace_json(json, "mount", NULL);
    json_close_array(json);
}

static void device_json(struct json *json, const Grpc__LinuxDevice *device) {
    json_open_object(json, NULL);
    json_string(json, "path", device->path);
    json_string(json, "type", device->type);
    json_integer(json, "major", device->major);
    json_integer(json, "minor", device->minor);
    json_unsigned_if_given(json, "fileMode", device->filemode);
    json_unsigned(json, "uid", device->uid);
    json_unsigned(json, "gid", device->gid);
    json_close_object(json);
}

static void own_device_json(struct json *json, const Grpc__Linux *linux, const char *path, const char *type, int number, int minor,
                            unsigned mode) {
    for (size_t i = 0; i < linux->n_devices; i++)
        if (strcmp(linux->devices[i]->path, path) == 0) return;
    Grpc__LinuxDevice device = GRPC__LINUX_DEVICE__INIT;
    device.path = (char *)path;
    device.type = (char *)type;
    device.major = number;
    device.minor = minor;
    device.filemode = mode;
    device_json(json, &device);
}

// Of what a host's /dev has for a privileged container, the guest has these: for file systems in files, FUSE, and tunnels. Their drivers
// come when they are opened.
static void own_devices_json(struct json *json, const Grpc__Linux *linux) {
    enum { LOOP_DEVICES = 16, LOOP = 7, MISC = 10 };
    own_device_json(json, linux, "/dev/fuse", "c", MISC, 229, 0666);
    own_device_json(json, linux, "/dev/net/tun", "c", MISC, 200, 0666);
    own_device_json(json, linux, "/dev/btrfs-control", "c", MISC, 234, 0660);
    own_device_json(json, linux, "/dev/mapper/control", "c", MISC, 236, 0600);
    own_device_json(json, linux, "/dev/loop-control", "c", MISC, 237, 0660);
    own_device_json(json, linux, "/dev/kmsg", "c", 1, 11, 0644);
    for (int i = 0; i < LOOP_DEVICES; i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/loop%d", i);
        own_device_json(json, linux, path, "b", LOOP, i, 0660);
    }
}

static bool opens_all_devices(const Grpc__LinuxResources *resources) {
    bool all = false;
    for (size_t i = 0; resources != NULL && i < resources->n_devices; i++)
        if (strcmp(resources->devices[i]->type, "a") == 0) all = resources->devices[i]->allow;
    return all;
}

static void devices_json(struct json *json, const Grpc__Linux *linux) {
    bool all = opens_all_devices(linux->resources);
    if (linux->n_devices == 0 && !all) return;
    json_open_array(json, "devices");
    for (size_t i = 0; i < linux->n_devices; i++) device_json(json, linux->devices[i]);
    if (all) own_devices_json(json, linux);
    json_close_array(json);
}

static void sysctls_json(struct json *json, Grpc__Linux__SysctlEntry *const *sysctls, size_t count) {
    json_open_object(json, "sysctl");
    for (size_t i = 0; i < count; i++)
        if (!sysctl_is_ours(sysctls[i]->key)) json_string(json, sysctls[i]->key, sysctls[i]->value);
    json_close_object(json);
}

// ---- seccomp

static void seccomp_arguments_json(struct json *json, Grpc__LinuxSeccompArg *const *arguments, size_t count) {
    if (count == 0) return;
    json_open_array(json, "args");
    for (size_t i = 0; i < count; i++) {
        json_open_object(json, NULL);
        json_unsigned(json, "index", arguments[i]->index);
        json_unsigned(json, "value", arguments[i]->value);
        json_unsigned(json, "valueTwo", arguments[i]->valuetwo);
        json_string(json, "op", arguments[i]->op);
        json_close_object(json);
    }
    json_close_array(json);
}

static void seccomp_json(struct json *json, const Grpc__LinuxSeccomp *seccomp) {
    if (seccomp == NULL || *seccomp->defaultaction == 0) return;
    json_open_object(json, "seccomp");
    json_string(json, "defaultAction", seccomp->defaultaction);
    if (seccomp->default_errno_ret_case == GRPC__LINUX_SECCOMP__DEFAULT_ERRNO_RET_DEFAULTERRNORET)
        json_unsigned(json, "defaultErrnoRet", seccomp->defaulterrnoret);
    json_strings_if_given(json, "architectures", seccomp->architectures, seccomp->n_architectures);
    json_strings_if_given(json, "flags", seccomp->flags, seccomp->n_flags);
    json_open_array(json, "syscalls");
    for (size_t i = 0; i < seccomp->n_syscalls; i++) {
        const Grpc__LinuxSyscall *syscall = seccomp->syscalls[i];
        json_open_object(json, NULL);
        json_strings_if_given(json, "names", syscall->names, syscall->n_names);
        json_string(json, "action", syscall->action);
        if (syscall->errno_ret_case == GRPC__LINUX_SYSCALL__ERRNO_RET_ERRNORET) json_unsigned(json, "errnoRet", syscall->errnoret);
        seccomp_arguments_json(json, syscall->args, syscall->n_args);
        json_close_object(json);
    }
    json_close_array(json);
    json_close_object(json);
}

void linux_json(struct json *json, const Grpc__Linux *linux, const struct spec_context *context) {
    json_open_object(json, "linux");
    id_mappings_json(json, "uidMappings", linux->uidmappings, linux->n_uidmappings);
    id_mappings_json(json, "gidMappings", linux->gidmappings, linux->n_gidmappings);
    sysctls_json(json, linux->sysctl, linux->n_sysctl);
    container_resources_json(json, linux, context->default_devices);
    json_string(json, "cgroupsPath", context->cgroup);
    namespaces_json(json, linux, context);
    devices_json(json, linux);
    seccomp_json(json, linux->seccomp);
    json_string_if_given(json, "rootfsPropagation", linux->rootfspropagation);
    json_strings_if_given(json, "maskedPaths", linux->maskedpaths, linux->n_maskedpaths);
    json_strings_if_given(json, "readonlyPaths", linux->readonlypaths, linux->n_readonlypaths);
    json_close_object(json);
}
