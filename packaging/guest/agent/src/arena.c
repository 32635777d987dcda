#include "arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 4096, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *next;
    size_t capacity;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

static void *allocate(void *context, size_t size) {
    return arena_alloc(context, size);
}

// protobuf-c frees piece by piece when decoding fails; the pieces go with the arena.
static void release(void *context, void *pointer) {
    (void)context;
    (void)pointer;
}

void arena_init(struct arena *arena, size_t limit) {
    *arena = (struct arena){.limit = limit, .allocator = {allocate, release, arena}};
}

void arena_free(struct arena *arena) {
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    arena->used = arena->total = 0;
}

static struct arena_block *add_block(struct arena *arena, size_t capacity) {
    size_t size = sizeof(struct arena_block) + capacity;
    if (size > arena->limit - arena->total) return NULL;
    struct arena_block *block = calloc(1, size);
    if (block == NULL) return NULL;
    block->capacity = capacity;
    arena->total += size;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size) {
    if (size > arena->limit) return NULL;
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct arena_block *current = arena->blocks;
    if (current != NULL && size <= current->capacity - arena->used) {
        void *result = current->bytes + arena->used;
        arena->used += size;
        return result;
    }
    bool large = size > BLOCK_SIZE / 2;
    struct arena_block *block = add_block(arena, large ? size : BLOCK_SIZE - sizeof(struct arena_block));
    if (block == NULL) return NULL;
    if (large && current != NULL) {
        // A large piece gets a block of its own, behind the one that is being filled.
        block->next = current->next;
        current->next = block;
        return block->bytes;
    }
    block->next = current;
    arena->blocks = block;
    arena->used = size;
    return block->bytes;
}

char *arena_printf(struct arena *arena, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : arena_alloc(arena, (size_t)length + 1);
    if (text != NULL) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
