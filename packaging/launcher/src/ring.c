#include "ring.h"

#include <stdlib.h>
#include <string.h>

void ring_write(struct ring *ring, const void *data, size_t length) {
    if (!ring->data && !(ring->data = malloc(RING_SIZE))) return; /* diagnostics only */
    const uint8_t *p = data;
    while (length > 0) {
        size_t at = ring->total % RING_SIZE;
        size_t part = length < RING_SIZE - at ? length : RING_SIZE - at;
        memcpy(ring->data + at, p, part);
        ring->total += part;
        p += part;
        length -= part;
    }
}

void ring_copy(const struct ring *ring, struct bytes *out) {
    size_t at = ring->total % RING_SIZE;
    if (ring->total >= RING_SIZE) bytes_append(out, ring->data + at, RING_SIZE - at);
    bytes_append(out, ring->data, at);
}

void ring_free(struct ring *ring) {
    free(ring->data);
    *ring = (struct ring){0};
}
