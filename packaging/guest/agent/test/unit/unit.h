// Tests of single functions: each file registers its own, main.c runs all.
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct unit_test {
    const char *name;
    void (*run)(void);
    struct unit_test *next;
};

void unit_register(struct unit_test *test);
void unit_failed(const char *file, int line, const char *what);

#define TEST(function)                                                     \
    static void function(void);                                            \
    static struct unit_test test_##function = {#function, function, NULL}; \
    __attribute__((constructor)) static void register_##function(void) {   \
        unit_register(&test_##function);                                   \
    }                                                                      \
    static void function(void)

#define CHECK(condition)                                               \
    do {                                                               \
        if (!(condition)) unit_failed(__FILE__, __LINE__, #condition); \
    } while (0)
