// Payloads of requests: the first byte chooses the message. What decodes is turned into what crun would read.
#include <stdlib.h>

#include "agent/agent.pb-c.h"
#include "arena.h"
#include "json.h"
#include "spec_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *const messages[] = {
    &grpc__create_container_request__descriptor, &grpc__create_sandbox_request__descriptor, &grpc__exec_process_request__descriptor,
    &grpc__update_interface_request__descriptor, &grpc__update_routes_request__descriptor,  &grpc__copy_file_request__descriptor,
};

static void write_spec(const Grpc__CreateContainerRequest *request) {
    const Grpc__Spec *spec = request->oci;
    if (spec == NULL || spec->process == NULL || spec->root == NULL || spec->linux == NULL) return;
    const struct spec_context context = {.rootfs = "/r", .cgroup = "/c", .shared_namespaces = true, .default_devices = true};
    struct json json;
    if (!json_begin(&json)) return;
    spec_json(&json, spec, &context);
    const unsigned char *text;
    size_t length;
    if (!json.failed && yajl_gen_get_buf(json.gen, &text, &length) != yajl_gen_status_ok) abort();
    json_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    const ProtobufCMessageDescriptor *type = messages[data[0] % (sizeof messages / sizeof messages[0])];
    struct arena arena;
    arena_init(&arena, 1 << 20);
    const ProtobufCMessage *message = protobuf_c_message_unpack(type, &arena.allocator, size - 1, data + 1);
    if (message != NULL && type == messages[0]) write_spec((const Grpc__CreateContainerRequest *)message);
    arena_free(&arena);
    return 0;
}
