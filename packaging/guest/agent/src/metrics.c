#include "metrics.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "agent/agent.pb-c.h"
#include "files.h"

enum { PROC_LIMIT = 16384 };

static void gauge(FILE *out, const char *name, const char *help) {
    fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void single(FILE *out, const char *name, const char *help, double value) {
    gauge(out, name, help);
    fprintf(out, "%s %.15g\n", name, value);
}

// A word becomes a label in lower case, without the decoration /proc/meminfo has.
static void print_label(FILE *out, const char *word, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (isalnum((unsigned char)word[i]) || word[i] == '_') fputc(tolower((unsigned char)word[i]), out);
}

// Lines "word number" or "word: number kB".
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
        fprintf(out, "\"} %llu\n", strtoull(number, NULL, 10));
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

static void agent_metrics(FILE *out) {
    unsigned long long user = 0, kernel = 0, virtual_size = 0;
    long threads = 0, resident = 0;
    char text[1024];
    double ticks = (double)sysconf(_SC_CLK_TCK);
    const char *behind = read_text("/proc/self/stat", text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
    if (behind != NULL)
        sscanf(behind, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %ld %*d %*u %llu %ld", &user, &kernel,
               &threads, &virtual_size, &resident);
    single(out, "kata_agent_process_cpu_seconds_total", "Processor time of the agent in seconds", (double)(user + kernel) / ticks);
    single(out, "kata_agent_process_resident_memory_bytes", "Resident memory of the agent",
           (double)resident * (double)sysconf(_SC_PAGESIZE));
    single(out, "kata_agent_process_virtual_memory_bytes", "Virtual memory of the agent", (double)virtual_size);
    single(out, "kata_agent_process_open_fds", "Open descriptors of the agent", open_descriptors());
    single(out, "kata_agent_threads", "Threads of the agent", (double)threads);
}

// ---- the guest

static void load(FILE *out) {
    double one, five, fifteen;
    char text[128];
    if (read_text("/proc/loadavg", text, sizeof text) < 0 || sscanf(text, "%lf %lf %lf", &one, &five, &fifteen) != 3) return;
    gauge(out, "kata_guest_load", "Load of the guest");
    fprintf(out, "kata_guest_load{item=\"load1\"} %g\nkata_guest_load{item=\"load5\"} %g\nkata_guest_load{item=\"load15\"} %g\n", one, five,
            fifteen);
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
    static const char *const items[] = {"recv_bytes",      "recv_packets",   "recv_errs",  "recv_drop",    "recv_fifo", "recv_frame",
                                        "recv_compressed", "recv_multicast", "xmit_bytes", "xmit_packets", "xmit_errs", "xmit_drop"};
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
    table(out, "/proc/meminfo", "kata_guest_meminfo", "Memory of the guest, in KiB where it is a size");
    table(out, "/proc/vmstat", "kata_guest_vm_stat", "Virtual memory of the guest");
    network(out);
    bool written = fclose(out) == 0;
    Grpc__Metrics metrics = GRPC__METRICS__INIT;
    metrics.metrics = text;
    if (written)
        call_reply(call, &metrics.base);
    else
        call_fail_memory(call);
    free(text);
}
