// An intrusive doubly linked ring. A node that is in no list points to itself, so removing it twice is harmless.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

// Walks a list; the current node may be removed and freed in the body.
#define list_each(node, head) \
    for (struct list *node = (head)->next, *node##_next = node->next; node != (head); node = node##_next, node##_next = node->next)

static inline void list_init(struct list *node) {
    node->next = node->prev = node;
}

static inline bool list_empty(const struct list *head) {
    return head->next == head;
}

static inline void list_append(struct list *head, struct list *node) {
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

static inline void list_remove(struct list *node) {
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

static inline struct list *list_first(struct list *head) {
    return list_empty(head) ? NULL : head->next;
}

static inline unsigned list_length(const struct list *head) {
    unsigned length = 0;
    for (const struct list *node = head->next; node != head; node = node->next) length++;
    return length;
}
