#include <stdlib.h>
#include <string.h>

#include "spec_json.h"
#include "unit.h"

static const char *text_of(struct json *json) {
    const unsigned char *text;
    size_t length;
    CHECK(!json->failed);
    return yajl_gen_get_buf(json->gen, &text, &length) == yajl_gen_status_ok ? (const char *)text : "";
}

static Grpc__Process process = GRPC__PROCESS__INIT;
static Grpc__Root root = GRPC__ROOT__INIT;
static Grpc__Linux linux_part = GRPC__LINUX__INIT;
static char *arguments[] = {(char[]){"a \"quoted\" word"}};

static Grpc__Spec spec(void) {
    Grpc__Spec spec = GRPC__SPEC__INIT;
    process.args = arguments;
    process.n_args = 1;
    spec.process = &process;
    spec.root = &root;
    spec.linux = &linux_part;
    return spec;
}

static const struct spec_context context = {.rootfs = "/r", .cgroup = "/c", .shared_namespaces = true, .default_devices = true};

TEST(what_is_not_given_is_left_out) {
    Grpc__Spec minimal = spec();
    struct json json;
    CHECK(json_begin(&json));
    spec_json(&json, &minimal, &context);
    const char *text = text_of(&json);
    CHECK(strstr(text, "a \\\"quoted\\\" word") != NULL);
    CHECK(strstr(text, "\"cwd\":\"/\"") != NULL);
    CHECK(strstr(text, "memory") == NULL && strstr(text, "seccomp") == NULL && strstr(text, "hooks") == NULL);
    CHECK(strstr(text, "\"type\":\"pid\"") != NULL && strstr(text, "\"type\":\"mount\"") != NULL);
    json_free(&json);
}

TEST(tun_can_be_opened_unless_all_can) {
    Grpc__Spec with = spec();
    Grpc__LinuxResources resources = GRPC__LINUX_RESOURCES__INIT;
    Grpc__LinuxDeviceCgroup all = GRPC__LINUX_DEVICE_CGROUP__INIT;
    Grpc__LinuxDeviceCgroup *rules[] = {&all};
    all.allow = true;
    all.type = (char[]){"a"};
    all.access = (char[]){"rwm"};
    resources.devices = rules;
    linux_part.resources = &resources;
    for (size_t given = 0; given < 2; given++) {
        resources.n_devices = given;
        struct json json;
        CHECK(json_begin(&json));
        spec_json(&json, &with, &context);
        bool tun = strstr(text_of(&json), "\"major\":10,\"minor\":200,\"access\":\"rwm\"") != NULL;
        bool open = strstr(text_of(&json), "\"devices\":[{\"allow\":true,\"type\":\"a\",\"access\":\"rwm\"}]") != NULL;
        CHECK(tun == (given == 0) && open == (given == 1));
        json_free(&json);
    }
    linux_part.resources = NULL;
}

TEST(shared_namespaces_are_joined_where_they_are_listed) {
    Grpc__Spec with = spec();
    Grpc__LinuxNamespace ipc = GRPC__LINUX_NAMESPACE__INIT, pid = GRPC__LINUX_NAMESPACE__INIT;
    ipc.type = (char[]){"ipc"};
    pid.type = (char[]){"pid"};
    pid.path = (char[]){"/host/path"};
    Grpc__LinuxNamespace *namespaces[] = {&ipc, &pid};
    linux_part.namespaces = namespaces;
    linux_part.n_namespaces = 2;
    struct json json;
    CHECK(json_begin(&json));
    spec_json(&json, &with, &context);
    const char *text = text_of(&json);
    CHECK(strstr(text, "sandbox-ns/ipc") != NULL && strstr(text, "sandbox-ns/uts") == NULL && strstr(text, "/host/path") == NULL);
    json_free(&json);
    linux_part.namespaces = NULL;
    linux_part.n_namespaces = 0;
}

TEST(the_cgroup_namespace_is_always_the_containers_own) {
    Grpc__Spec with = spec();
    Grpc__LinuxNamespace cgroup = GRPC__LINUX_NAMESPACE__INIT;
    cgroup.type = (char[]){"cgroup"};
    cgroup.path = (char[]){"/host/path"};
    Grpc__LinuxNamespace *namespaces[] = {&cgroup};
    for (size_t listed = 0; listed < 2; listed++) {
        linux_part.namespaces = listed == 0 ? NULL : namespaces;
        linux_part.n_namespaces = listed;
        struct json json;
        CHECK(json_begin(&json));
        spec_json(&json, &with, &context);
        const char *first = strstr(text_of(&json), "{\"type\":\"cgroup\"}");
        CHECK(first != NULL && strstr(first + 2, "{\"type\":\"cgroup") == NULL);
        json_free(&json);
    }
    linux_part.namespaces = NULL;
    linux_part.n_namespaces = 0;
}

TEST(annotations_that_steer_crun_are_left_out) {
    Grpc__Spec with = spec();
    Grpc__Spec__AnnotationsEntry ours = GRPC__SPEC__ANNOTATIONS_ENTRY__INIT, theirs = GRPC__SPEC__ANNOTATIONS_ENTRY__INIT;
    ours.key = (char[]){"io.example/a"};
    theirs.key = (char[]){"run.oci.handler"};
    Grpc__Spec__AnnotationsEntry *annotations[] = {&ours, &theirs};
    with.annotations = annotations;
    with.n_annotations = 2;
    struct json json;
    CHECK(json_begin(&json));
    spec_json(&json, &with, &context);
    CHECK(strstr(text_of(&json), "io.example/a") != NULL && strstr(text_of(&json), "run.oci") == NULL);
    json_free(&json);
}

TEST(text_that_is_no_utf8_is_refused) {
    Grpc__Spec with = spec();
    char *bad[] = {(char[]){"\xff\xfe"}};
    process.args = bad;
    struct json json;
    CHECK(json_begin(&json));
    spec_json(&json, &with, &context);
    CHECK(json.failed && !json_write(&json, -1));
    json_free(&json);
    process.args = arguments;
}

TEST(limits_are_written_and_devices_of_an_update_are_not) {
    Grpc__LinuxResources resources = GRPC__LINUX_RESOURCES__INIT;
    Grpc__LinuxMemory memory = GRPC__LINUX_MEMORY__INIT;
    Grpc__LinuxCPU cpu = GRPC__LINUX_CPU__INIT;
    Grpc__LinuxPids pids = GRPC__LINUX_PIDS__INIT;
    Grpc__LinuxResources__UnifiedEntry group = GRPC__LINUX_RESOURCES__UNIFIED_ENTRY__INIT;
    Grpc__LinuxResources__UnifiedEntry *unified[] = {&group};
    memory.limit = INT64_MAX;
    cpu.quota = -1;
    cpu.shares = UINT64_MAX;
    pids.limit = -1;
    group.key = (char[]){"memory.oom.group"};
    group.value = (char[]){"1"};
    resources.memory = &memory;
    resources.cpu = &cpu;
    resources.pids = &pids;
    resources.unified = unified;
    resources.n_unified = 1;
    struct json json;
    CHECK(json_begin(&json));
    resources_json(&json, NULL, &resources);
    CHECK(strcmp(text_of(&json), "{\"memory\":{\"limit\":9223372036854775807},\"cpu\":{\"shares\":18446744073709551615,\"quota\":-1},"
                                 "\"pids\":{\"limit\":-1},\"unified\":{\"memory.oom.group\":\"1\"}}") == 0);
    json_free(&json);
}
