/* record.json as record-fields.json describes it, in the samples that the daemon's writer is tested against as well
 * (SandboxRecordTest): what record_undo does with each, and that it reads the fields that it is said to read and no others.
 * The acts themselves are written down here instead of done.
 * usage: record DESCRIPTION COMPLETE BARE */
#define _GNU_SOURCE
#include "../src/record.h"

#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../src/cgroup.h"
#include "../src/files.h"
#include "../src/network.h"
#include "../src/pci.h"

static char acts[16384];
static char directory[] = "/tmp/saya-record-XXXXXX";

__attribute__((format(printf, 1, 2))) static void act(const char *format, ...) {
    size_t length = strlen(acts);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(acts + length, sizeof acts - length, format, arguments);
    va_end(arguments);
}

int network_remove(const char *namespace, const char *interface, enum network_leftover what) {
    static const char *const names[] = {[LEFT_LINK] = "link", [LEFT_INGRESS] = "ingress", [LEFT_SHAPER] = "shaper"};
    act("remove %s %s %s\n", names[what], namespace, interface);
    return 0;
}

int network_restore(const char *namespace, const char *interface, unsigned index, const char *messages) {
    act("restore %s %s %u %s\n", namespace, interface, index, messages);
    return 0;
}

int pci_give_back(const char *address, const char *driver) {
    act("give %s '%s'\n", address, driver);
    return 0;
}

int cgroup_remove(const char *path, const char *home, long long deadline) {
    (void)deadline;
    act("cgroup %s home %s\n", path, home ? home : "none");
    return 0;
}

int __wrap_rmdir(const char *path);
int __real_rmdir(const char *path);

int __wrap_rmdir(const char *path) {
    act("parent %s\n", path);
    return 0;
}

/* What is done for a record. */
static const char *undone(const json_t *record) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, RECORD_NAME);
    if (json_dump_file(record, path, 0) != 0) abort();
    acts[0] = 0;
    if (record_undo(directory, 0) != RECORD_DONE) act("not done\n");
    unlink(path);
    return acts;
}

/* A copy of a record without a field, which is KEY, KEY[] or KEY[].MEMBER; NULL if the record has no such field. */
static json_t *without(const json_t *record, const char *field) {
    char key[64];
    size_t length = strcspn(field, "[");
    snprintf(key, sizeof key, "%.*s", (int)length, field);
    json_t *copy = json_deep_copy(record);
    json_t *value = json_object_get(copy, key);
    const char *member = strchr(field, '.');
    bool found = value != NULL;
    if (member) {
        found = json_array_size(value) > 0;
        for (size_t i = 0; i < json_array_size(value); i++) found &= json_object_del(json_array_get(value, i), member + 1) == 0;
    } else {
        found = found && json_object_del(copy, key) == 0;
    }
    if (found) return copy;
    json_decref(copy);
    return NULL;
}

static bool is_read(const json_t *description) {
    const json_t *readers = json_object_get(description, "readers");
    for (size_t i = 0; i < json_array_size(readers); i++)
        if (strcmp(json_string_value(json_array_get(readers, i)), "launcher") == 0) return true;
    return false;
}

static int fail(const char *what, const char *text) {
    fprintf(stderr, "record: %s: %s\n", what, text);
    return 1;
}

static const char expected[] = "remove ingress /run/netns/cni-1 net1\n"
                               "remove ingress /run/netns/cni-1 eth0\n"
                               "remove shaper /run/netns/cni-1 eth0\n"
                               "remove link /run/netns/cni-1 veth0_saya\n"
                               "restore /run/netns/cni-1 eth0 2 2c00000010000500\n"
                               "give 0000:02:00.0 ''\n"
                               "give 0000:01:00.0 'ixgbe'\n"
                               "cgroup /sys/fs/cgroup/pids/pod1/saya_sandbox-1 home /sys/fs/cgroup/pids/home\n"
                               "cgroup /sys/fs/cgroup/memory/pod1/saya_sandbox-1 home /sys/fs/cgroup/memory/home\n"
                               "parent /sys/fs/cgroup/pids/pod1\n"
                               "parent /sys/fs/cgroup/memory/pod1\n";

int main(int argc, char **argv) {
    json_t *fields = argc == 4 ? json_load_file(argv[1], 0, NULL) : NULL;
    json_t *complete = fields ? json_load_file(argv[2], 0, NULL) : NULL;
    json_t *bare = complete ? json_load_file(argv[3], 0, NULL) : NULL;
    if (!bare || !mkdtemp(directory)) return fail("files", "cannot be read");
    int failures = 0;
    if (strcmp(undone(complete), expected) != 0) failures += fail("the complete record", acts);
    if (strcmp(undone(bare), "") != 0) failures += fail("the bare record", acts);
    const char *field;
    json_t *description;
    json_object_foreach(fields, field, description) {
        json_t *rest = without(complete, field);
        if (!rest) {
            failures += fail(field, "is described and not in the complete record");
            continue;
        }
        bool changes = strcmp(undone(rest), expected) != 0;
        if (changes != is_read(description))
            failures += fail(field, changes ? "is read and described as not" : "is described as read and is not");
        json_decref(rest);
    }
    json_decref(fields);
    json_decref(complete);
    json_decref(bare);
    __real_rmdir(directory);
    return failures > 0;
}
