// Memory of one request: everything decoded from it is freed at once, and there is a limit to what it can ask for.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

struct arena {
    struct arena_block *blocks;
    size_t used, total, limit;
    ProtobufCAllocator allocator; // hands this arena to protobuf-c
};

void arena_init(struct arena *arena, size_t limit);
void arena_free(struct arena *arena);

// Zeroed memory, or NULL above the limit.
void *arena_alloc(struct arena *arena, size_t size);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
