#define _GNU_SOURCE
#include "record.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "cgroup.h"
#include "files.h"
#include "network.h"
#include "pci.h"
#include "processes.h"

#define RECORD_NAME "record.json"
#define RECORD_LIMIT (1u << 20)
#define KILL_LIMIT_MS 1000
#define EMPTY_LIMIT_MS 500 /* for the kernel to let go of what was killed */

static int kill_processes(const json_t *list)
{
    struct journal_process processes[JOURNAL_PROCESSES];
    size_t count = 0, i;
    json_t *entry;
    json_array_foreach(list, i, entry) {
        if (count == JOURNAL_PROCESSES)
            break;
        processes[count++] = (struct journal_process){
            .pid = (pid_t)json_integer_value(json_object_get(entry, "pid")),
            .start_time = (unsigned long long)json_integer_value(json_object_get(entry, "start_time")),
        };
    }
    return processes_kill(processes, count, KILL_LIMIT_MS);
}

/* Calls the function for every absolute path of a list, the last first: what was made last goes first. */
static void each_path_reversed(const json_t *list, void (*act)(const char *path))
{
    for (size_t i = json_array_size(list); i-- > 0;) {
        const char *path = json_string_value(json_array_get(list, i));
        if (path && path[0] == '/')
            act(path);
    }
}

static void unmount(const char *path)
{
    umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
}

static void remove_namespace(const char *path)
{
    umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
    unlink(path);
}

static int remove_interfaces(const json_t *list, enum network_leftover what)
{
    int result = 0;
    for (size_t i = json_array_size(list); i-- > 0;) {
        const json_t *entry = json_array_get(list, i);
        const char *namespace = json_string_value(json_object_get(entry, "network_namespace"));
        const char *name = json_string_value(json_object_get(entry, "name"));
        if (name && *name && network_remove(namespace ? namespace : "", name, what) != 0)
            result = -1;
    }
    return result;
}

static int restore_interfaces(const json_t *list)
{
    int result = 0;
    for (size_t i = json_array_size(list); i-- > 0;) {
        const json_t *entry = json_array_get(list, i);
        const char *namespace = json_string_value(json_object_get(entry, "network_namespace"));
        const char *name = json_string_value(json_object_get(entry, "name"));
        const char *messages = json_string_value(json_object_get(entry, "messages"));
        json_int_t index = json_integer_value(json_object_get(entry, "index"));
        if (name && *name && messages && index > 0 && index <= INT_MAX
            && network_restore(namespace ? namespace : "", name, (unsigned)index, messages) != 0)
            result = -1;
    }
    return result;
}

static int give_back_devices(const json_t *list)
{
    int result = 0;
    for (size_t i = json_array_size(list); i-- > 0;) {
        const json_t *entry = json_array_get(list, i);
        const char *address = json_string_value(json_object_get(entry, "address"));
        const char *driver = json_string_value(json_object_get(entry, "driver"));
        if (address && driver && pci_give_back(address, driver) != 0)
            result = -1;
    }
    return result;
}

static void remove_empty(const char *path)
{
    rmdir(path);
}

static void remove_cgroups(const json_t *directories, const json_t *homes)
{
    long long deadline = now_ms() + EMPTY_LIMIT_MS;
    for (size_t i = json_array_size(directories); i-- > 0;) {
        const char *path = json_string_value(json_array_get(directories, i));
        if (path && path[0] == '/')
            cgroup_remove(path, json_string_value(json_array_get(homes, i)), deadline);
    }
}

int record_undo(const char *run_directory)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", run_directory, RECORD_NAME);
    struct bytes text = {0};
    json_t *record = NULL;
    if (file_read(path, RECORD_LIMIT, &text) == 0)
        record = json_loadb((char *)text.data, text.length, 0, NULL);
    bytes_free(&text);
    if (!record)
        return 0;
    int result = kill_processes(json_object_get(record, "processes"));
    each_path_reversed(json_object_get(record, "mounts"), unmount);
    result |= remove_interfaces(json_object_get(record, "ingress"), LEFT_INGRESS);
    result |= remove_interfaces(json_object_get(record, "shapers"), LEFT_SHAPER);
    result |= remove_interfaces(json_object_get(record, "links"), LEFT_LINK);
    result |= restore_interfaces(json_object_get(record, "restore"));
    result |= give_back_devices(json_object_get(record, "pci"));
    each_path_reversed(json_object_get(record, "network_namespaces"), remove_namespace);
    remove_cgroups(json_object_get(record, "cgroups"), json_object_get(record, "cgroup_homes"));
    each_path_reversed(json_object_get(record, "cgroup_parents"), remove_empty);
    json_decref(record);
    return result;
}
