#include "call.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.pb-c.h"
#include "connection.h"
#include "log.h"
#include "methods.h"
#include "modules.h"

// Decoded messages are larger than their bytes (each string is a piece of memory of its own), but not without bound.
enum { REQUEST_MEMORY_LIMIT = 12 * 1024 * 1024, ANSWER_MS = 3000 };

static size_t memory_in_use;

static void call_free(struct call *call) {
    timer_stop(&call->deadline);
    list_remove(&call->waiting);
    if (call->connection != NULL) {
        list_remove(&call->link);
        call->connection->call_count--;
    }
    memory_in_use -= call->charged;
    arena_free(&call->arena);
    free(call);
}

static void send_and_free(struct call *call, struct out_frame *frame) {
    if (call->connection != NULL)
        connection_send(call->connection, frame);
    else
        out_frame_release(frame);
    call_free(call);
}

// ---- replies

void call_fail(struct call *call, enum status_code code, const char *format, ...) {
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_debug("%s: %d %s", call->method->name, (int)code, text);
    send_and_free(call, response_error(call->stream, code, text));
}

void call_fail_memory(struct call *call) {
    call_fail(call, STATUS_RESOURCE_EXHAUSTED, "%s: out of memory in the guest", call->method->name);
}

void call_reply(struct call *call, const ProtobufCMessage *message) {
    struct out_frame *frame = response_ok(call->stream, message);
    if (frame == NULL)
        call_fail(call, STATUS_RESOURCE_EXHAUSTED, "%s: the answer is above the limit of %d bytes", call->method->name, FRAME_DATA_LIMIT);
    else
        send_and_free(call, frame);
}

void call_reply_empty(struct call *call) {
    Google__Protobuf__Empty empty = GOOGLE__PROTOBUF__EMPTY__INIT;
    call_reply(call, &empty.base);
}

void call_reply_stream(struct call *call, struct out_frame *frame, size_t length) {
    response_stream_finish(frame, call->stream, length);
    send_and_free(call, frame);
}

// ---- waiting and loss

void call_wait(struct call *call, struct list *owners_list, void *owner, void (*abandoned)(struct call *call)) {
    call->owner = owner;
    call->abandoned = abandoned;
    list_remove(&call->waiting);
    list_append(owners_list, &call->waiting);
}

static void let_go(struct call *call) {
    timer_stop(&call->deadline);
    list_remove(&call->link);
    call->connection->call_count--;
    call->connection = NULL;
    if (call->abandoned == NULL) return;
    call->abandoned(call);
    call_free(call);
}

void call_lost(struct call *call) {
    let_go(call);
}

static void deadline_struck(struct timer *timer) {
    struct call *call = container_of(timer, struct call, deadline);
    char text[256];
    snprintf(text, sizeof text, "%s: not done within the time the caller gave", call->method->name);
    connection_send(call->connection, response_error(call->stream, STATUS_DEADLINE_EXCEEDED, text));
    let_go(call);
}

// ---- dispatch

static void refuse(struct connection *connection, uint32_t stream, enum status_code code, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    connection_send(connection, response_error(stream, code, text));
}

static struct call *call_new(struct connection *connection, uint32_t stream, const struct method *method) {
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL) return NULL;
    call->connection = connection;
    call->stream = stream;
    call->method = method;
    arena_init(&call->arena, REQUEST_MEMORY_LIMIT);
    timer_init(&call->deadline, deadline_struck);
    list_init(&call->waiting);
    list_append(&connection->calls, &call->link);
    connection->call_count++;
    return call;
}

static int printable(size_t length) {
    return length > 64 ? 64 : (int)length;
}

unsigned call_time_left_ms(const struct call *call) {
    if (!timer_is_running(&call->deadline)) return CALL_LIMIT_MS;
    uint64_t now = loop_now(), left = call->deadline.at > now ? call->deadline.at - now : 0;
    if (left > INT_MAX) left = INT_MAX;
    return (unsigned)(left > 2 * ANSWER_MS ? left - ANSWER_MS : left / 2);
}

void call_dispatch(struct connection *connection, uint32_t stream, const uint8_t *data, size_t length) {
    struct request_envelope envelope;
    if (!request_envelope_read(data, length, &envelope)) {
        refuse(connection, stream, STATUS_INVALID_ARGUMENT, "the frame holds no valid ttrpc request");
        return;
    }
    bool service_known;
    const struct method *method = method_find(envelope.service, envelope.method, &service_known);
    if (method == NULL) {
        const struct slice *what = service_known ? &envelope.method : &envelope.service;
        refuse(connection, stream, service_known ? STATUS_UNIMPLEMENTED : STATUS_INVALID_ARGUMENT, "%s %.*s: not offered by this agent",
               service_known ? "method" : "service", printable(what->length), (const char *)what->bytes);
        return;
    }
    if (connection->call_count >= CALLS_PER_CONNECTION || memory_in_use + envelope.payload.length > CALLS_MEMORY_LIMIT) {
        refuse(connection, stream, STATUS_RESOURCE_EXHAUSTED,
               "%s: %u calls with %zu bytes are in flight (at most %d calls, %d bytes); try again when some are done", method->name,
               connection->call_count, memory_in_use, CALLS_PER_CONNECTION, CALLS_MEMORY_LIMIT);
        return;
    }
    struct call *call = call_new(connection, stream, method);
    if (call == NULL) {
        refuse(connection, stream, STATUS_RESOURCE_EXHAUSTED, "%s: out of memory in the guest", method->name);
        return;
    }
    ProtobufCMessage *request =
        protobuf_c_message_unpack(method->request, &call->arena.allocator, envelope.payload.length, envelope.payload.bytes);
    call->charged = call->arena.total;
    memory_in_use += call->charged;
    if (request == NULL) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "%s: the payload of %zu bytes is no valid %s, or too large decoded", method->name,
                  envelope.payload.length, method->request->name);
        return;
    }
    if (envelope.timeout_nano > 0) timer_start(&call->deadline, ((uint64_t)envelope.timeout_nano + 999999) / 1000000);
    // Anything but a sign of life may need a device or file system.
    if (method->service == agent_service) modules_finish();
    method->handle(call, request);
}
