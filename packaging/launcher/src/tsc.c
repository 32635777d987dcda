#define _GNU_SOURCE
#include "tsc.h"

#include <string.h>
#include <time.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

#include "files.h"

#define APART_NS 1000000ULL
#define KHZ_PER_TICK_PER_NS 1000000ULL
#define TRIES 8

/* Other machines have none, and their clocks another name, so that nothing is made of it. */
static unsigned long long counter(void) {
#ifdef __x86_64__
    return __rdtsc();
#else
    return 0;
#endif
}

static unsigned long long now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return (unsigned long long)t.tv_sec * 1000000000ULL + (unsigned long long)t.tv_nsec;
}

/* The clock is read between two readings of the counter; of several tries the one counts that was interrupted least. */
struct tsc_mark tsc_mark(void) {
    struct tsc_mark best = {0};
    unsigned long long narrowest = ~0ULL;
    for (int i = 0; i < TRIES; i++) {
        unsigned long long before = counter();
        unsigned long long ns = now_ns();
        unsigned long long width = counter() - before;
        if (width < narrowest) {
            narrowest = width;
            best = (struct tsc_mark){before + width / 2, ns};
        }
    }
    return best;
}

/* kvm-clock is the counter too, scaled by the hypervisor. */
static int host_keeps_time_by_it(void) {
    struct bytes name = {0};
    int keeps = file_read("/sys/devices/system/clocksource/clocksource0/current_clocksource", 64, &name) == 0 &&
                (strcmp((const char *)name.data, "tsc\n") == 0 || strcmp((const char *)name.data, "kvm-clock\n") == 0);
    bytes_free(&name);
    return keeps;
}

unsigned long tsc_khz(struct tsc_mark since) {
    if (!host_keeps_time_by_it()) return 0;
    struct tsc_mark now = tsc_mark();
    while (now.ns - since.ns < APART_NS) {
        struct timespec rest = {0, (long)(APART_NS - (now.ns - since.ns))};
        nanosleep(&rest, NULL);
        now = tsc_mark();
    }
    return (unsigned long)((now.ticks - since.ticks) * KHZ_PER_TICK_PER_NS / (now.ns - since.ns));
}
