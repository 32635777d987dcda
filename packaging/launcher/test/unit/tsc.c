/* The frequency of the time stamp counter. */
#define _GNU_SOURCE
#include <unistd.h>

#include "../../src/tsc.h"
#include "unit.h"

/* A measurement over 1 ms agrees with one over 50 ms; 0 on a host that does not keep time by the TSC. */
static void frequency_of_the_tsc_is_steady(void) {
    struct tsc_mark begin = tsc_mark();
    unsigned long brief = tsc_khz(tsc_mark());
    usleep(50000);
    unsigned long lasting = tsc_khz(begin);
    unsigned long difference = brief > lasting ? brief - lasting : lasting - brief;
    CHECK(difference <= lasting / 200);
}

void tsc_tests(void) {
    frequency_of_the_tsc_is_steady();
}
