/* ttrpc's frames, as far as who passes them on has to know them: where they end, and which call they belong to. */
#ifndef SAYA_CALL_FRAMES_H
#define SAYA_CALL_FRAMES_H

#include <stdbool.h>

#include "bytes.h"

#define CALL_HEADER 10u               /* u32 length, u32 stream, u8 type, u8 flags */
#define CALL_PAYLOAD_LIMIT (4u << 20) /* the protocol's own */

enum call_type { CALL_REQUEST = 1, CALL_RESPONSE = 2 };

struct call_frame {
    struct call_frame *next;
    uint32_t stream;
    uint8_t type;
    size_t length;  /* of the whole */
    uint8_t data[]; /* the whole, header included */
};

enum call_cut { CALL_CUT_NONE, CALL_CUT_FRAME, CALL_CUT_TOO_LONG };

/* Copies the next frame out of what has come, and moves behind it. NONE: it is not whole. TOO_LONG: its payload exceeds the protocol's
 * limit; `*frame` says no more than stream and type, and the payload, `*skip` bytes, has to be thrown away. The caller frees. */
enum call_cut call_cut(struct reader *come, struct call_frame **frame, uint32_t *skip);

/* True for a request that only asks, so that it may be carried out twice: Wait, State, Pids, Stats and Connect of the task service. */
bool call_only_asks(const struct call_frame *request);

/* The answer to a request whose payload is too long, as every server gives it. */
void call_refuse(struct bytes *to, uint32_t stream);

/* A list of frames in their order. */
struct call_list {
    struct call_frame *first;
    struct call_frame **end; /* of an empty list NULL */
    size_t count;
    size_t bytes;
};

void call_list_add(struct call_list *list, struct call_frame *frame);
/* The first one; NULL of an empty list. */
struct call_frame *call_list_take(struct call_list *list);
/* Removes the request of this stream, and frees it. */
void call_list_remove(struct call_list *list, uint32_t stream);
/* All of `more` behind what is there. */
void call_list_join(struct call_list *list, struct call_list *more);
void call_list_free(struct call_list *list);

#endif
