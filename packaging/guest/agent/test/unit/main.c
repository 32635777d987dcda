#include "unit.h"

static struct unit_test *tests;
static unsigned failures;

void unit_register(struct unit_test *test) {
    test->next = tests;
    tests = test;
}

void unit_failed(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    failures++;
}

int main(void) {
    unsigned run = 0;
    for (struct unit_test *test = tests; test != NULL; test = test->next, run++) {
        unsigned before = failures;
        test->run();
        if (failures != before) fprintf(stderr, "FAILED %s\n", test->name);
    }
    printf("%u unit tests, %u failures\n", run, failures);
    return failures == 0 ? 0 : 1;
}
