/* What tests of the launcher's parts share: a check that fails goes on, so that a run tells of all. */
#ifndef SAYA_TEST_UNIT_H
#define SAYA_TEST_UNIT_H

#include <stdio.h>
#include <string.h>

extern int failures;

/* A directory of this run, removed at its end. */
extern char directory[];

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            failures++;                                                     \
        }                                                                   \
    } while (0)
#define CHECK_TEXT(actual, expected)                                                                     \
    do {                                                                                                 \
        if (strcmp(actual, expected) != 0) {                                                             \
            fprintf(stderr, "%s:%d: \"%s\" (expected: \"%s\")\n", __FILE__, __LINE__, actual, expected); \
            failures++;                                                                                  \
        }                                                                                                \
    } while (0)

/* One for each file here; main.c runs them. */
void start_up_tests(void);
void frames_tests(void);
void processes_tests(void);
void left_behind_tests(void);
void overlay_tests(void);
void tsc_tests(void);
void pages_tests(void);
void rights_tests(void);
void cores_tests(void);
void monitor_tests(void);
void names_tests(void);
void sockets_tests(void);
void holds_tests(void);

#endif
