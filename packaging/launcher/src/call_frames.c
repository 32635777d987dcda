#include "call_frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protobuf.h"

#define TASK_SERVICES "containerd.task." /* v2.Task, v3.Task */

/* Of ttrpc's Request, Response and google.rpc.Status. */
enum { REQUEST_SERVICE = 1, REQUEST_METHOD = 2, RESPONSE_STATUS = 1, STATUS_CODE = 1, STATUS_MESSAGE = 2 };
enum { RESOURCE_EXHAUSTED = 8 };

enum call_cut call_cut(struct reader *come, struct call_frame **frame, uint32_t *skip) {
    struct reader r = *come;
    uint32_t payload = read_u32(&r), stream = read_u32(&r);
    uint8_t type = read_u8(&r);
    read_u8(&r);
    if (r.bad) return CALL_CUT_NONE;
    bool fits = payload <= CALL_PAYLOAD_LIMIT;
    if (fits && r.left < payload) return CALL_CUT_NONE;
    size_t length = CALL_HEADER + (fits ? payload : 0);
    struct call_frame *cut = malloc(sizeof *cut + length);
    if (!cut) {
        fprintf(stderr, "saya: out of memory (%zu bytes)\n", length);
        abort();
    }
    *cut = (struct call_frame){.stream = stream, .type = type, .length = length};
    memcpy(cut->data, come->data, length);
    come->data += length;
    come->left -= length;
    *frame = cut;
    *skip = fits ? 0 : payload;
    return fits ? CALL_CUT_FRAME : CALL_CUT_TOO_LONG;
}

static bool is(const struct field *field, const char *text) {
    return field->length == strlen(text) && memcmp(field->data, text, field->length) == 0;
}

bool call_only_asks(const struct call_frame *request) {
    struct message m = {request->data + CALL_HEADER, request->length - CALL_HEADER, false};
    struct field field;
    bool task = false, asks = false;
    while (protobuf_next(&m, &field)) {
        if (field.type != WIRE_BYTES) continue;
        if (field.number == REQUEST_SERVICE)
            task = field.length > strlen(TASK_SERVICES) && memcmp(field.data, TASK_SERVICES, strlen(TASK_SERVICES)) == 0;
        if (field.number == REQUEST_METHOD)
            asks = is(&field, "Wait") || is(&field, "State") || is(&field, "Pids") || is(&field, "Stats") || is(&field, "Connect");
    }
    return request->type == CALL_REQUEST && !m.bad && task && asks;
}

void call_refuse(struct bytes *to, uint32_t stream) {
    struct bytes status = {0}, response = {0};
    protobuf_put_varint(&status, STATUS_CODE, RESOURCE_EXHAUSTED);
    protobuf_put_text(&status, STATUS_MESSAGE, "the message exceeds the protocol's limit of 4 MiB");
    protobuf_put_bytes(&response, RESPONSE_STATUS, status.data, status.length);
    bytes_u32(to, (uint32_t)response.length);
    bytes_u32(to, stream);
    bytes_u8(to, CALL_RESPONSE);
    bytes_u8(to, 0);
    bytes_append(to, response.data, response.length);
    bytes_free(&status);
    bytes_free(&response);
}

void call_list_add(struct call_list *list, struct call_frame *frame) {
    frame->next = NULL;
    if (!list->first) list->end = &list->first;
    *list->end = frame;
    list->end = &frame->next;
    list->count++;
    list->bytes += frame->length;
}

/* Takes what `*link` leads to out of the list. */
static struct call_frame *unlink_frame(struct call_list *list, struct call_frame **link) {
    struct call_frame *frame = *link;
    *link = frame->next;
    if (list->end == &frame->next) list->end = link;
    list->count--;
    list->bytes -= frame->length;
    return frame;
}

struct call_frame *call_list_take(struct call_list *list) {
    return list->first ? unlink_frame(list, &list->first) : NULL;
}

void call_list_remove(struct call_list *list, uint32_t stream) {
    for (struct call_frame **link = &list->first; *link; link = &(*link)->next) {
        if ((*link)->stream != stream) continue;
        free(unlink_frame(list, link));
        return;
    }
}

void call_list_join(struct call_list *list, struct call_list *more) {
    for (struct call_frame *frame; (frame = call_list_take(more));) call_list_add(list, frame);
}

void call_list_free(struct call_list *list) {
    for (struct call_frame *frame; (frame = call_list_take(list));) free(frame);
}
