/* The last bytes of an output. */
#ifndef SAYA_RING_H
#define SAYA_RING_H

#include "bytes.h"

#define RING_SIZE 16384

struct ring {
    uint8_t *data; /* made at the first byte: most children are silent */
    size_t total;  /* bytes ever written */
};

void ring_write(struct ring *ring, const void *data, size_t length);
/* Appends what is kept, oldest byte first. */
void ring_copy(const struct ring *ring, struct bytes *out);
void ring_free(struct ring *ring);

#endif
