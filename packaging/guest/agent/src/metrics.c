#include "metrics.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "agent/agent.pb-c.h"
#include "files.h"

// Bytes of a file of /proc; disks and file systems that are shown.
enum { PROC_LIMIT = 16384, DEVICES = 64 };

static void gauge(FILE *out, const char *name, const char *help) {
    fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void single(FILE *out, const char *name, const char *help, double value) {
    gauge(out, name, help);
    fprintf(out, "%s %.15g\n", name, value);
}

// A word becomes a label as Kata's agents write it: MemTotal is mem_total, Active(anon) is active_anon, SReclaimable is s_reclaimable.
static void print_label(FILE *out, const char *word, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)word[i];
        bool begins =
            isupper(c) && i > 0 && (islower((unsigned char)word[i - 1]) || (i + 1 < length && islower((unsigned char)word[i + 1])));
        // "HugePages" is one word there.
        bool inside = i >= 4 && strncmp(word + i - 4, "HugePages", strlen("HugePages")) == 0;
        if ((begins && !inside && word[i - 1] != '_' && word[i - 1] != '(') || c == '(') fputc('_', out);
        if (isalnum(c) || c == '_') fputc(tolower(c), out);
    }
}

// The text of a label, which may be a path that somebody chose.
static void print_text(FILE *out, const char *text) {
    for (; *text != 0; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', out);
        fputc((unsigned char)*text < ' ' ? '?' : *text, out);
    }
}

// Lines "word number" or "word: number kB"; sizes in bytes, as Kata's agents tell them.
static void table(FILE *out, const char *path, const char *name, const char *help) {
    char text[PROC_LIMIT], *rest = text, *line;
    if (read_text(path, text, sizeof text) < 0) return;
    gauge(out, name, help);
    while ((line = strsep(&rest, "\n")) != NULL) {
        size_t length = strcspn(line, ": ");
        const char *number = line + length + strspn(line + length, ": ");
        if (length == 0 || !isdigit((unsigned char)*number)) continue;
        fprintf(out, "%s{item=\"", name);
        print_label(out, line, length);
        char *unit;
        unsigned long long value = strtoull(number, &unit, 10);
        fprintf(out, "\"} %llu\n", strcmp(unit, " kB") == 0 ? value * 1024 : value);
    }
}

// ---- the agent

static unsigned open_descriptors(void) {
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory != NULL && readdir(directory) != NULL) count++;
    if (directory != NULL) closedir(directory);
    return count > 3 ? count - 3 : 0; // ".", ".." and the directory itself
}

static void item(FILE *out, const char *name, const char *item, unsigned long long value) {
    fprintf(out, "%s{item=\"%s\"} %llu\n", name, item, value);
}

// Sizes in KiB, as Kata's agents have them from the kernel, and counts of context switches.
static void agent_status(FILE *out) {
    char text[PROC_LIMIT], *rest = text, *line;
    if (read_text("/proc/self/status", text, sizeof text) < 0) return;
    gauge(out, "kata_agent_proc_status", "The agent in /proc/PID/status");
    while ((line = strsep(&rest, "\n")) != NULL) {
        char *colon = strchr(line, ':');
        if (colon == NULL) continue;
        *colon = 0;
        char *unit;
        unsigned long long value = strtoull(colon + 1, &unit, 10);
        if (strcmp(unit, " kB") != 0 && strstr(line, "_ctxt_switches") == NULL) continue;
        for (char *c = line; *c != 0; c++) *c = (char)tolower((unsigned char)*c);
        item(out, "kata_agent_proc_status", line, value);
    }
}

static void agent_metrics(FILE *out) {
    unsigned long long user = 0, kernel = 0, children_user = 0, children_kernel = 0, virtual_size = 0;
    long threads = 0, resident = 0;
    char text[1024];
    double ticks = (double)sysconf(_SC_CLK_TCK), page = (double)sysconf(_SC_PAGESIZE);
    const char *behind = read_text("/proc/self/stat", text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
    if (behind != NULL)
        sscanf(behind, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %ld %*d %*u %llu %ld", &user, &kernel,
               &children_user, &children_kernel, &threads, &virtual_size, &resident);
    single(out, "kata_agent_process_cpu_seconds_total", "Processor time of the agent in seconds", (double)(user + kernel) / ticks);
    single(out, "kata_agent_process_resident_memory_bytes", "Resident memory of the agent", (double)resident * page);
    single(out, "kata_agent_process_virtual_memory_bytes", "Virtual memory of the agent", (double)virtual_size);
    single(out, "kata_agent_process_open_fds", "Open descriptors of the agent", open_descriptors());
    single(out, "kata_agent_threads", "Threads of the agent", (double)threads);
    single(out, "kata_agent_total_time", "Processor time of the agent in ticks", (double)(user + kernel));
    single(out, "kata_agent_total_vm", "Virtual memory of the agent in bytes", (double)virtual_size);
    single(out, "kata_agent_total_rss", "Resident memory of the agent in bytes", (double)resident * page);
    gauge(out, "kata_agent_proc_stat", "The agent in /proc/PID/stat, in ticks");
    item(out, "kata_agent_proc_stat", "utime", user);
    item(out, "kata_agent_proc_stat", "stime", kernel);
    item(out, "kata_agent_proc_stat", "cutime", children_user);
    item(out, "kata_agent_proc_stat", "cstime", children_kernel);
    agent_status(out);
    table(out, "/proc/self/io", "kata_agent_io_stat", "The agent in /proc/PID/io");
}

// ---- the guest

static void load(FILE *out) {
    double one, five, fifteen;
    unsigned running, all;
    char text[128];
    if (read_text("/proc/loadavg", text, sizeof text) < 0 || sscanf(text, "%lf %lf %lf %u/%u", &one, &five, &fifteen, &running, &all) != 5)
        return;
    gauge(out, "kata_guest_load", "Load of the guest");
    fprintf(out, "kata_guest_load{item=\"load1\"} %g\nkata_guest_load{item=\"load5\"} %g\nkata_guest_load{item=\"load15\"} %g\n", one, five,
            fifteen);
    gauge(out, "kata_guest_tasks", "Tasks of the guest that can run, and all");
    fprintf(out, "kata_guest_tasks{item=\"cur\"} %u\nkata_guest_tasks{item=\"max\"} %u\n", running, all);
}

static void cpu_time(FILE *out) {
    static const char *const items[] = {"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"};
    char text[PROC_LIMIT], *rest = text, *line;
    if (read_text("/proc/stat", text, sizeof text) < 0) return;
    gauge(out, "kata_guest_cpu_time", "Processor time of the guest in ticks");
    while ((line = strsep(&rest, "\n")) != NULL && strncmp(line, "cpu", 3) == 0) {
        size_t length = strcspn(line, " ");
        char *number = line + length;
        for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
            fprintf(out, "kata_guest_cpu_time{cpu=\"%.*s\",item=\"%s\"} %llu\n", length == 3 ? 5 : (int)length,
                    length == 3 ? "total" : line, items[i], strtoull(number, &number, 10));
    }
}

static void network(FILE *out) {
    static const char *const items[] = {"recv_bytes",      "recv_packets",   "recv_errs",    "recv_drop",      "recv_fifo", "recv_frame",
                                        "recv_compressed", "recv_multicast", "sent_bytes",   "sent_packets",   "sent_errs", "sent_drop",
                                        "sent_fifo",       "sent_colls",     "sent_carrier", "sent_compressed"};
    char text[PROC_LIMIT], *rest = text, *line;
    if (read_text("/proc/net/dev", text, sizeof text) < 0) return;
    gauge(out, "kata_guest_netdev_stat", "Network devices of the guest");
    while ((line = strsep(&rest, "\n")) != NULL) {
        char *colon = strchr(line, ':'), *name = line + strspn(line, " ");
        if (colon == NULL) continue;
        char *number = colon + 1;
        for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
            fprintf(out, "kata_guest_netdev_stat{interface=\"%.*s\",item=\"%s\"} %llu\n", (int)(colon - name), name, items[i],
                    strtoull(number, &number, 10));
    }
}

static void disks(FILE *out) {
    static const char *const items[] = {"reads",
                                        "merged",
                                        "sectors_read",
                                        "time_reading",
                                        "writes",
                                        "writes_merged",
                                        "sectors_written",
                                        "time_writing",
                                        "in_progress",
                                        "time_in_progress",
                                        "weighted_time_in_progress",
                                        "discards",
                                        "discards_merged",
                                        "sectors_discarded",
                                        "time_discarding",
                                        "flushes",
                                        "time_flushing"};
    char text[PROC_LIMIT], *rest = text, *line;
    if (read_text("/proc/diskstats", text, sizeof text) < 0) return;
    gauge(out, "kata_guest_diskstat", "Disks of the guest");
    for (int shown = 0; shown < DEVICES && (line = strsep(&rest, "\n")) != NULL;) {
        char name[64];
        int used = 0;
        // Loop devices that nobody uses are there in advance.
        if (sscanf(line, "%*u %*u %63s%n", name, &used) != 1 || strncmp(line + used, " 0 0 0 0 0 ", strlen(" 0 0 0 0 0 ")) == 0) continue;
        char *number = line + used;
        for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
            fputs("kata_guest_diskstat{disk=\"", out);
            print_text(out, name);
            fprintf(out, "\",item=\"%s\"} %llu\n", items[i], strtoull(number, &number, 10));
        }
        shown++;
    }
}

struct size {
    const char *mount, *device;
    unsigned long long total, available, free, files, free_files;
};

static void print_sizes(FILE *out, const char *name, const struct size *size, unsigned long long total, unsigned long long used,
                        unsigned long long available) {
    const struct {
        const char *item;
        unsigned long long value;
    } values[] = {{"total", total}, {"used", used}, {"available", available}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        fprintf(out, "%s{mount=\"", name);
        print_text(out, size->mount);
        fputs("\",device=\"", out);
        print_text(out, size->device);
        fprintf(out, "\",item=\"%s\"} %llu\n", values[i].item, values[i].value);
    }
}

// Those of the guest's own kernel: one of the host's might not answer, and nothing here may wait.
static bool own_file_system(const char *type) {
    static const char *const types[] = {"ext4", "xfs", "btrfs", "tmpfs", "ramfs", "rootfs"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(type, types[i]) == 0) return true;
    return false;
}

static void file_systems(FILE *out) {
    char text[PROC_LIMIT], *rest = text, *line;
    struct size sizes[DEVICES];
    dev_t seen[DEVICES];
    size_t count = 0;
    if (read_text("/proc/self/mounts", text, sizeof text) < 0) return;
    while (count < DEVICES && (line = strsep(&rest, "\n")) != NULL && rest != NULL) {
        const char *device = strsep(&line, " "), *mount = strsep(&line, " "), *type = strsep(&line, " ");
        struct statvfs about;
        struct stat root;
        if (type == NULL || !own_file_system(type) || stat(mount, &root) < 0 || statvfs(mount, &about) < 0 || about.f_blocks == 0) continue;
        size_t before = 0;
        while (before < count && seen[before] != root.st_dev) before++;
        if (before < count) continue; // mounted at several places
        seen[count] = root.st_dev;
        sizes[count++] = (struct size){.mount = mount,
                                       .device = device,
                                       .total = (unsigned long long)about.f_blocks * about.f_frsize,
                                       .available = (unsigned long long)about.f_bavail * about.f_frsize,
                                       .free = (unsigned long long)about.f_bfree * about.f_frsize,
                                       .files = about.f_files,
                                       .free_files = about.f_ffree};
    }
    gauge(out, "kata_guest_filesystem_bytes", "File systems of the guest");
    for (size_t i = 0; i < count; i++)
        print_sizes(out, "kata_guest_filesystem_bytes", &sizes[i], sizes[i].total, sizes[i].total - sizes[i].free, sizes[i].available);
    gauge(out, "kata_guest_filesystem_inodes", "Files of the guest's file systems");
    for (size_t i = 0; i < count; i++)
        print_sizes(out, "kata_guest_filesystem_inodes", &sizes[i], sizes[i].files, sizes[i].files - sizes[i].free_files,
                    sizes[i].free_files);
}

// Lines "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", in microseconds.
static void pressure(FILE *out) {
    static const char *const resources[] = {"cpu", "memory", "io"};
    bool begun = false;
    for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++) {
        char path[64], text[256], *rest = text, *line;
        snprintf(path, sizeof path, "/proc/pressure/%s", resources[i]);
        if (read_text(path, text, sizeof text) < 0) continue;
        while ((line = strsep(&rest, "\n")) != NULL) {
            const char *total = strstr(line, "total="), *space = strchr(line, ' ');
            if (total == NULL || space == NULL) continue;
            if (!begun)
                fputs("# HELP saya_guest_pressure_seconds_total Time in which tasks waited for a resource\n"
                      "# TYPE saya_guest_pressure_seconds_total counter\n",
                      out);
            begun = true;
            fprintf(out, "saya_guest_pressure_seconds_total{resource=\"%s\",kind=\"%.*s\"} %.6f\n", resources[i], (int)(space - line), line,
                    (double)strtoull(total + strlen("total="), NULL, 10) / 1e6);
        }
    }
}

void handle_get_metrics(struct call *call, const void *message) {
    (void)message;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        call_fail_memory(call);
        return;
    }
    agent_metrics(out);
    load(out);
    cpu_time(out);
    table(out, "/proc/meminfo", "kata_guest_meminfo", "Memory of the guest");
    table(out, "/proc/vmstat", "kata_guest_vm_stat", "Virtual memory of the guest");
    network(out);
    disks(out);
    file_systems(out);
    pressure(out);
    bool written = fclose(out) == 0;
    Grpc__Metrics metrics = GRPC__METRICS__INIT;
    metrics.metrics = text;
    if (written)
        call_reply(call, &metrics.base);
    else
        call_fail_memory(call);
    free(text);
}
