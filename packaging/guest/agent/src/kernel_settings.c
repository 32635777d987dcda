#include "kernel_settings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "files.h"
#include "log.h"

static void set(const char *key, const char *value) {
    char path[64];
    snprintf(path, sizeof path, "/proc/sys/%s", key);
    if (!write_text(path, value)) log_warn("%s: %s", path, strerror(errno));
}

// What systemd (the first two), procps (about files and links in directories that anybody may write to) and a kubelet (the last: a program
// may reserve memory that it does not use, however small its machine is) set on every host, and programs in containers have got used to.
static void set_usual(void) {
    set("kernel/pid_max", "4194304");
    set("fs/file-max", "9223372036854775807");
    set("fs/protected_fifos", "1");
    set("fs/protected_hardlinks", "1");
    set("fs/protected_regular", "2");
    set("fs/protected_symlinks", "1");
    set("vm/overcommit_memory", "1");
}

// The first number of a key that may have several.
static void set_at_least(const char *key, const char *value) {
    char path[64], now[128];
    snprintf(path, sizeof path, "/proc/sys/%s", key);
    if (read_text(path, now, sizeof now) < 0 || strtoumax(now, NULL, 10) < strtoumax(value, NULL, 10)) set(key, value);
}

// The kernel derives these from the memory that it boots with. Here that is what the first container may use, and the machine grows: a pod
// of 64 MiB had 564 processes for a user, and kept them when a container of 4 GiB came. What they are there to bound is bounded by the
// limits of containers, to which threads, sockets, watches and namespaces are charged. The numbers are those of a host of 64 GiB, but for
// the memory of all sockets: 4 GiB.
static void set_for_large_memory(void) {
    set_at_least("kernel/threads-max", "514000");
    set_at_least("fs/epoll/max_user_watches", "14000000");
    set_at_least("fs/fanotify/max_user_marks", "524288");
    set_at_least("fs/inotify/max_user_watches", "524288");
    static const char *const namespaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++) {
        char key[48];
        snprintf(key, sizeof key, "user/max_%s_namespaces", namespaces[i]);
        set_at_least(key, "257000");
    }
    set_at_least("net/ipv4/tcp_max_orphans", "262144");
    set_at_least("net/ipv4/tcp_max_syn_backlog", "4096");
    set_at_least("net/ipv4/tcp_max_tw_buckets", "262144");
    set_at_least("net/ipv4/tcp_mem", "47000 62700 94000");
    set_at_least("net/ipv4/udp_mem", "94000 125400 188000");
    // Their last numbers, in bytes, are the kernel's own most.
    set("net/ipv4/tcp_rmem", "4096 131072 6291456");
    set("net/ipv4/tcp_wmem", "4096 16384 4194304");
}

static void raise_limit(int resource, const char *name, rlim_t least) {
    struct rlimit now, limit;
    if (getrlimit(resource, &now) == 0) {
        limit.rlim_cur = now.rlim_cur < least ? least : now.rlim_cur;
        limit.rlim_max = now.rlim_max < least ? least : now.rlim_max;
        if (setrlimit(resource, &limit) == 0) return;
    }
    log_warn("limit of %s: %s", name, strerror(errno));
}

// Containers get their limits from their specification. What it does not name they have from here, as on a host from containerd: systemd
// starts that with any number of processes. Those of the kernel's first process come from its memory as well, or are too low to raise
// others from.
static void raise_limits(void) {
    raise_limit(RLIMIT_NOFILE, "open files", 1 << 20);
    raise_limit(RLIMIT_NPROC, "processes", RLIM_INFINITY);
    raise_limit(RLIMIT_SIGPENDING, "pending signals", 257000);
}

void kernel_settings_make(void) {
    raise_limits();
    set_usual();
    set_for_large_memory();
}
