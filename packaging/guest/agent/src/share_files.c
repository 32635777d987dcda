#include "share_files.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aside.h"
#include "files.h"
#include "log.h"

// No guest looks at more files in a second, so there is no need to look before that many can have come.
enum { FILES_PER_MS = 50, LOOK_MIN_MS = 50, LOOK_MAX_MS = 10000 };

static struct timer look;
static struct aside forgetting;
static uint64_t bound; // 0: none

static void start_look(uint64_t have) {
    uint64_t left = have < bound ? (bound - have) / FILES_PER_MS : LOOK_MAX_MS; // all in use: it will not be better soon
    timer_start(&look, left < LOOK_MIN_MS ? LOOK_MIN_MS : left > LOOK_MAX_MS ? LOOK_MAX_MS : left);
}

// Those of all file systems, and of them those that are shared: they are counted where there can be too many only.
static uint64_t count_files(void) {
    uint64_t all;
    char line[512];
    if (!read_number("/proc/sys/fs/inode-nr", &all)) return 0;
    if (all < bound) return all;
    FILE *slabs = fopen("/proc/slabinfo", "re");
    unsigned long shared = 0;
    while (slabs != NULL && shared == 0 && fgets(line, sizeof line, slabs) != NULL)
        if (sscanf(line, "fuse_inode %lu", &shared) != 1) shared = 0;
    if (slabs != NULL) fclose(slabs);
    return slabs == NULL ? all : shared;
}

// It takes as long as there are many.
static void forget(void *nothing) {
    (void)nothing;
    if (!write_text("/proc/sys/vm/drop_caches", "2")) log_warn("forget files of shares: %s", strerror(errno));
}

static void forgotten(struct aside *aside, bool finished) {
    (void)aside;
    (void)finished;
    uint64_t have = count_files();
    log_debug("%llu files of shares are known, after others were forgotten", (unsigned long long)have);
    start_look(have);
}

static void look_now(struct timer *timer) {
    (void)timer;
    uint64_t have = count_files();
    if (have < bound || aside_start(&forgetting, forget, NULL, ASIDE_LIMIT_MS, forgotten) != 0) start_look(have);
}

void share_files_heed(const Grpc__Storage *share) {
    static const char option[] = "io.saya.files=";
    for (size_t i = 0; i < share->n_driver_options; i++) {
        if (strncmp(share->driver_options[i], option, sizeof option - 1) != 0) continue;
        uint64_t most = strtoull(share->driver_options[i] + sizeof option - 1, NULL, 10) / 4 * 3;
        if (most == 0) continue;
        if (bound == 0) timer_init(&look, look_now);
        if (bound == 0 || most < bound) bound = most;
        start_look(0);
    }
}
