#include "stats.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.pb-c.h"
#include "arena.h"
#include "container.h"
#include "files.h"

// What "max" reads as: no limit.
static const uint64_t no_limit = UINT64_MAX;

struct source {
    const char *cgroup;
    struct arena *arena;
};

static uint64_t number(const struct source *source, const char *file) {
    char path[4096];
    uint64_t value = 0;
    snprintf(path, sizeof path, "%s/%s", source->cgroup, file);
    return read_number(path, &value) ? value : 0;
}

// The content of a file, in the arena; "" if there is none.
static char *text(const struct source *source, const char *file) {
    char path[4096], content[16384];
    snprintf(path, sizeof path, "%s/%s", source->cgroup, file);
    if (read_text(path, content, sizeof content) < 0) content[0] = 0;
    return arena_printf(source->arena, "%s", content);
}

// The value behind a word at the beginning of a line.
static uint64_t keyed(const char *content, const char *key) {
    size_t length = strlen(key);
    for (const char *line = content; line != NULL && *line != 0; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0 && line[length] == ' ') return strtoull(line + length + 1, NULL, 10);
    }
    return 0;
}

// ---- processor

static void cpu(const struct source *source, Grpc__CpuUsage *usage, Grpc__ThrottlingData *throttling) {
    const char *content = text(source, "cpu.stat");
    if (content == NULL) return;
    // The kernel counts microseconds, the message nanoseconds.
    usage->total_usage = keyed(content, "usage_usec") * 1000;
    usage->usage_in_usermode = keyed(content, "user_usec") * 1000;
    usage->usage_in_kernelmode = keyed(content, "system_usec") * 1000;
    throttling->periods = keyed(content, "nr_periods");
    throttling->throttled_periods = keyed(content, "nr_throttled");
    throttling->throttled_time = keyed(content, "throttled_usec") * 1000;
}

// ---- memory

static size_t count_lines(const char *content) {
    size_t count = 0;
    for (; *content != 0; content++) count += *content == '\n';
    return count;
}

static char oom_kill[] = "oom_kill";

// memory.stat line by line, and of memory.events how many processes were killed.
static void memory_map(const struct source *source, Grpc__MemoryStats *stats, const char *events) {
    char *content = text(source, "memory.stat");
    if (content == NULL) return;
    stats->cache = keyed(content, "file");
    size_t lines = count_lines(content) + 1;
    stats->stats = arena_alloc(source->arena, (lines + 1) * sizeof *stats->stats);
    Grpc__MemoryStats__StatsEntry *entries = arena_alloc(source->arena, (lines + 1) * sizeof *entries);
    if (stats->stats == NULL || entries == NULL) return;
    if (events != NULL) {
        grpc__memory_stats__stats_entry__init(entries);
        entries->key = oom_kill;
        entries->value = keyed(events, oom_kill);
        stats->stats[stats->n_stats++] = entries;
    }
    char *rest = content, *line;
    while (stats->n_stats < lines && (line = strsep(&rest, "\n")) != NULL && *line != 0) {
        char *space = strchr(line, ' ');
        if (space == NULL) continue;
        *space = 0;
        Grpc__MemoryStats__StatsEntry *entry = &entries[stats->n_stats];
        grpc__memory_stats__stats_entry__init(entry);
        entry->key = line;
        entry->value = strtoull(space + 1, NULL, 10);
        stats->stats[stats->n_stats++] = entry;
    }
}

static void memory(const struct source *source, Grpc__MemoryStats *stats) {
    Grpc__MemoryData *usage = stats->usage, *swap = stats->swap_usage;
    const char *events = text(source, "memory.events");
    memory_map(source, stats, events);
    usage->usage = number(source, "memory.current");
    usage->limit = number(source, "memory.max");
    usage->max_usage = number(source, "memory.peak");
    usage->failcnt = events == NULL ? 0 : keyed(events, "max");
    swap->usage = number(source, "memory.swap.current");
    swap->limit = number(source, "memory.swap.max");
    stats->use_hierarchy = true;
}

// ---- processes

static void pids(const struct source *source, Grpc__PidsStats *stats) {
    stats->current = number(source, "pids.current");
    stats->limit = number(source, "pids.max");
    if (stats->limit == no_limit) stats->limit = 0;
}

// ---- block devices

static const char *const io_words[] = {"rbytes", "read", "wbytes", "write",  "rios", "rios",
                                       "wios",   "wios", "dbytes", "dbytes", "dios", "dios"};
enum { IO_WORDS = sizeof io_words / sizeof io_words[0] / 2, IO_ENTRIES_LIMIT = 64 * IO_WORDS };

static void add_io(const struct source *source, Grpc__BlkioStats *stats, unsigned major, unsigned minor, const char *words) {
    for (size_t i = 0; i < IO_WORDS && stats->n_io_service_bytes_recursive < IO_ENTRIES_LIMIT; i++) {
        char key[16];
        snprintf(key, sizeof key, " %s=", io_words[2 * i]);
        const char *value = strstr(words, key);
        Grpc__BlkioStatsEntry *entry = value == NULL ? NULL : arena_alloc(source->arena, sizeof *entry);
        if (entry == NULL) continue;
        grpc__blkio_stats_entry__init(entry);
        entry->major = major;
        entry->minor = minor;
        entry->op = arena_printf(source->arena, "%s", io_words[2 * i + 1]);
        entry->value = strtoull(value + strlen(key), NULL, 10);
        if (entry->op != NULL) stats->io_service_bytes_recursive[stats->n_io_service_bytes_recursive++] = entry;
    }
}

static void block_io(const struct source *source, Grpc__BlkioStats *stats) {
    char *rest = text(source, "io.stat"), *line;
    stats->io_service_bytes_recursive = arena_alloc(source->arena, IO_ENTRIES_LIMIT * sizeof(Grpc__BlkioStatsEntry *));
    if (stats->io_service_bytes_recursive == NULL) return;
    while ((line = strsep(&rest, "\n")) != NULL) {
        unsigned major, minor;
        int used;
        if (sscanf(line, "%u:%u%n", &major, &minor, &used) == 2) add_io(source, stats, major, minor, line + used);
    }
}

// ---- huge pages

enum { PAGE_SIZES_LIMIT = 8 };

// Files are named hugetlb.<size>.current.
static void huge_pages(const struct source *source, Grpc__CgroupStats *stats) {
    DIR *directory = opendir(source->cgroup);
    stats->hugetlb_stats = arena_alloc(source->arena, PAGE_SIZES_LIMIT * sizeof *stats->hugetlb_stats);
    if (directory == NULL || stats->hugetlb_stats == NULL) {
        if (directory != NULL) closedir(directory);
        return;
    }
    struct dirent *file;
    while ((file = readdir(directory)) != NULL && stats->n_hugetlb_stats < PAGE_SIZES_LIMIT) {
        char size[32], name[64];
        int used = 0;
        if (sscanf(file->d_name, "hugetlb.%31[^.].current%n", size, &used) != 1 || file->d_name[used] != 0 || used == 0) continue;
        Grpc__CgroupStats__HugetlbStatsEntry *entry = arena_alloc(source->arena, sizeof *entry);
        Grpc__HugetlbStats *value = arena_alloc(source->arena, sizeof *value);
        if (entry == NULL || value == NULL) break;
        grpc__cgroup_stats__hugetlb_stats_entry__init(entry);
        grpc__hugetlb_stats__init(value);
        entry->key = arena_printf(source->arena, "%s", size);
        entry->value = value;
        value->usage = number(source, file->d_name);
        snprintf(name, sizeof name, "hugetlb.%s.events", size);
        const char *events = text(source, name);
        value->failcnt = events == NULL ? 0 : keyed(events, "max");
        if (entry->key != NULL) stats->hugetlb_stats[stats->n_hugetlb_stats++] = entry;
    }
    closedir(directory);
}

// ---- network

enum { LINKS_LIMIT = 64 };

// The pod's interfaces, which all containers share: lines "name: numbers" of /proc/net/dev.
static void network(const struct source *source, Grpc__StatsContainerResponse *response) {
    char content[16384], *rest = content, *line;
    if (read_text("/proc/net/dev", content, sizeof content) < 0) return;
    response->network_stats = arena_alloc(source->arena, LINKS_LIMIT * sizeof *response->network_stats);
    if (response->network_stats == NULL) return;
    while ((line = strsep(&rest, "\n")) != NULL && response->n_network_stats < LINKS_LIMIT) {
        Grpc__NetworkStats link = GRPC__NETWORK_STATS__INIT;
        char name[32];
        // Received: bytes packets errs drop fifo frame compressed multicast; sent: bytes packets errs drop.
        if (sscanf(line,
                   " %31[^: ]: %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64
                   " %" SCNu64,
                   name, &link.rx_bytes, &link.rx_packets, &link.rx_errors, &link.rx_dropped, &link.tx_bytes, &link.tx_packets,
                   &link.tx_errors, &link.tx_dropped) != 9 ||
            strcmp(name, "lo") == 0)
            continue;
        Grpc__NetworkStats *entry = arena_alloc(source->arena, sizeof *entry);
        link.name = arena_printf(source->arena, "%s", name);
        if (entry == NULL || link.name == NULL) return;
        *entry = link;
        response->network_stats[response->n_network_stats++] = entry;
    }
}

// ---- pressure

static Grpc__PressureLine *pressure_line(const struct source *source, const char *content, const char *word) {
    const char *line = strstr(content, word);
    Grpc__PressureLine *read = line == NULL ? NULL : arena_alloc(source->arena, sizeof *read);
    if (read == NULL) return NULL;
    grpc__pressure_line__init(read);
    line += strlen(word);
    if (sscanf(line, " avg10=%lf avg60=%lf avg300=%lf total=%" SCNu64, &read->avg10, &read->avg60, &read->avg300, &read->total) != 4)
        return NULL;
    return read;
}

// A kernel that does not measure it has no such files.
static void pressure(const struct source *source, Grpc__CgroupStats *stats) {
    static char *const resources[] = {"cpu", "memory", "io"};
    enum { RESOURCES = sizeof resources / sizeof resources[0] };
    stats->pressure = arena_alloc(source->arena, RESOURCES * sizeof *stats->pressure);
    for (size_t i = 0; stats->pressure != NULL && i < RESOURCES; i++) {
        char file[32];
        snprintf(file, sizeof file, "%s.pressure", resources[i]);
        const char *content = text(source, file);
        Grpc__PressureLine *some = content == NULL ? NULL : pressure_line(source, content, "some");
        Grpc__Pressure *entry = some == NULL ? NULL : arena_alloc(source->arena, sizeof *entry);
        if (entry == NULL) continue;
        grpc__pressure__init(entry);
        entry->resource = resources[i];
        entry->some = some;
        entry->full = pressure_line(source, content, "full");
        stats->pressure[stats->n_pressure++] = entry;
    }
}

void handle_stats_container(struct call *call, const void *message) {
    const Grpc__StatsContainerRequest *request = message;
    const struct container *container = container_find(request->container_id);
    if (container == NULL || container->cgroup == NULL) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "StatsContainer: invalid container id \"%s\"", request->container_id);
        return;
    }
    struct source source = {container->cgroup, &call->arena};
    Grpc__CpuUsage cpu_usage = GRPC__CPU_USAGE__INIT;
    Grpc__ThrottlingData throttling = GRPC__THROTTLING_DATA__INIT;
    Grpc__CpuStats cpu_stats = GRPC__CPU_STATS__INIT;
    Grpc__MemoryData usage = GRPC__MEMORY_DATA__INIT, swap = GRPC__MEMORY_DATA__INIT, kernel = GRPC__MEMORY_DATA__INIT;
    Grpc__MemoryStats memory_stats = GRPC__MEMORY_STATS__INIT;
    Grpc__PidsStats pids_stats = GRPC__PIDS_STATS__INIT;
    Grpc__BlkioStats blkio_stats = GRPC__BLKIO_STATS__INIT;
    Grpc__CgroupStats stats = GRPC__CGROUP_STATS__INIT;
    Grpc__StatsContainerResponse response = GRPC__STATS_CONTAINER_RESPONSE__INIT;
    cpu_stats.cpu_usage = &cpu_usage;
    cpu_stats.throttling_data = &throttling;
    memory_stats.usage = &usage;
    memory_stats.swap_usage = &swap;
    memory_stats.kernel_usage = &kernel;
    stats.cpu_stats = &cpu_stats;
    stats.memory_stats = &memory_stats;
    stats.pids_stats = &pids_stats;
    stats.blkio_stats = &blkio_stats;
    response.cgroup_stats = &stats;
    cpu(&source, &cpu_usage, &throttling);
    memory(&source, &memory_stats);
    pids(&source, &pids_stats);
    block_io(&source, &blkio_stats);
    huge_pages(&source, &stats);
    pressure(&source, &stats);
    network(&source, &response);
    call_reply(call, &response.base);
}
