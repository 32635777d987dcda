#define _GNU_SOURCE
#include "record.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "files.h"
#include "network.h"
#include "pci.h"

#define RECORD_LIMIT (16u << 20) /* what a macvtap takes from an interface with the most routes that are read, in hexadecimal */

static int remove_interfaces(const json_t *list, enum network_leftover what) {
    int result = 0;
    for (size_t i = json_array_size(list); i-- > 0;) {
        const json_t *entry = json_array_get(list, i);
        const char *namespace = json_string_value(json_object_get(entry, "network_namespace"));
        const char *name = json_string_value(json_object_get(entry, "name"));
        if (name && *name && network_remove(namespace ? namespace : "", name, what) != 0) result = -1;
    }
    return result;
}

static int restore_interfaces(const json_t *list) {
    int result = 0;
    for (size_t i = json_array_size(list); i-- > 0;) {
        const json_t *entry = json_array_get(list, i);
        const char *namespace = json_string_value(json_object_get(entry, "network_namespace"));
        const char *name = json_string_value(json_object_get(entry, "name"));
        const char *messages = json_string_value(json_object_get(entry, "messages"));
        json_int_t index = json_integer_value(json_object_get(entry, "index"));
        if (name && *name && messages && index > 0 && index <= INT_MAX &&
            network_restore(namespace ? namespace : "", name, (unsigned)index, messages) != 0)
            result = -1;
    }
    return result;
}

static int give_back_devices(const json_t *list) {
    int result = 0;
    for (size_t i = json_array_size(list); i-- > 0;) {
        const json_t *entry = json_array_get(list, i);
        const char *address = json_string_value(json_object_get(entry, "address"));
        const char *driver = json_string_value(json_object_get(entry, "driver"));
        if (address && driver && pci_give_back(address, driver) != 0) result = -1;
    }
    return result;
}

static int remove_cgroups(const json_t *directories, const json_t *homes, int patience_ms) {
    long long deadline = now_ms() + patience_ms;
    int result = 0;
    for (size_t i = json_array_size(directories); i-- > 0;) {
        const char *path = json_string_value(json_array_get(directories, i));
        if (!path || path[0] != '/' || cgroup_remove(path, json_string_value(json_array_get(homes, i)), deadline) == 0) continue;
        if (patience_ms > 0) fprintf(stderr, "saya: cgroup %s cannot be removed: %s\n", path, strerror(errno));
        result = -1;
    }
    return result;
}

/* The last first: what was made last goes first. */
static void remove_parents(const json_t *directories) {
    for (size_t i = json_array_size(directories); i-- > 0;) {
        const char *path = json_string_value(json_array_get(directories, i));
        if (path && path[0] == '/') rmdir(path); /* only if empty: others may have come to use it */
    }
}

/* What can be done later stays written down, and nothing else: the rest has been done, and may be somebody else's by then. */
static int keep_cgroups(const char *path, json_t *record) {
    static const char *const done[] = {"ingress", "shapers", "links", "restore", "pci"};
    bool changed = false;
    for (size_t i = 0; i < sizeof done / sizeof *done; i++) changed |= json_object_del(record, done[i]) == 0;
    if (!changed) return 0;
    char *text = json_dumps(record, JSON_COMPACT);
    int result = text ? file_replace(path, 0600, text, strlen(text)) : -1;
    free(text);
    return result;
}

enum record_rest record_undo(const char *run_directory, int patience_ms) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", run_directory, RECORD_NAME);
    struct bytes text = {0};
    json_t *record = NULL;
    json_error_t wrong = {0};
    int error = file_read(path, RECORD_LIMIT, &text) == 0 ? 0 : errno;
    if (!error) record = json_loadb((char *)text.data, text.length, 0, &wrong);
    bytes_free(&text);
    if (error == ENOENT) return RECORD_DONE; /* nothing had been made yet */
    if (!record) {
        fprintf(stderr, "saya: %s cannot be read, what it names is left: %s\n", path, error ? strerror(error) : wrong.text);
        return RECORD_FAILED;
    }
    int failed = remove_interfaces(json_object_get(record, "ingress"), LEFT_INGRESS);
    failed |= remove_interfaces(json_object_get(record, "shapers"), LEFT_SHAPER);
    failed |= remove_interfaces(json_object_get(record, "links"), LEFT_LINK);
    failed |= restore_interfaces(json_object_get(record, "restore"));
    failed |= give_back_devices(json_object_get(record, "pci"));
    enum record_rest rest = failed ? RECORD_FAILED : RECORD_DONE;
    if (remove_cgroups(json_object_get(record, "cgroups"), json_object_get(record, "cgroup_homes"), patience_ms) != 0)
        rest = keep_cgroups(path, record) == 0 ? RECORD_KEPT : RECORD_FAILED;
    remove_parents(json_object_get(record, "cgroup_parents"));
    json_decref(record);
    return rest;
}
