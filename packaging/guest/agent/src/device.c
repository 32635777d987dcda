#include "device.h"

#include <dirent.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "log.h"
#include "options.h"

// How long to rely on the kernel's events before looking again anyway.
enum { LOOK_AGAIN_MS = 250 };

static struct list waits = {&waits, &waits};
static struct watch events_watch;

// ---- addresses

// The name of the only entry of a directory that starts with a prefix.
static bool only_entry(const char *directory, const char *prefix, char *name, size_t size) {
    DIR *stream = opendir(directory);
    if (stream == NULL) return false;
    bool found = false;
    struct dirent *entry;
    while (!found && (entry = readdir(stream)) != NULL)
        if (entry->d_name[0] != '.' && strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            found = (size_t)snprintf(name, size, "%s", entry->d_name) < size;
    closedir(stream);
    return found;
}

// Parses "SS[.F]" and moves on behind the '/' that may follow.
static bool parse_slot(const char **path, unsigned *slot, unsigned *function) {
    char *end;
    *slot = (unsigned)strtoul(*path, &end, 16);
    *function = 0;
    if (end == *path || end - *path > 2 || *slot > 0x1f) return false;
    if (*end == '.') {
        const char *digit = end + 1;
        *function = (unsigned)strtoul(digit, &end, 16);
        if (end != digit + 1 || *function > 7) return false;
    }
    if (*end != 0 && *end != '/') return false;
    *path = *end == '/' ? end + 1 : end;
    return true;
}

bool pci_path_resolve(const char *devices_root, const char *path, char *directory, size_t size) {
    char bus[16] = "0000:00", here[512];
    if ((size_t)snprintf(here, sizeof here, "%s/pci0000:00", devices_root) >= sizeof here) return false;
    while (*path != 0) {
        unsigned slot, function;
        if (!parse_slot(&path, &slot, &function)) return false;
        size_t used = strlen(here);
        if ((size_t)snprintf(here + used, sizeof here - used, "/%s:%02x.%x", bus, slot, function) >= sizeof here - used) return false;
        if (access(here, F_OK) < 0) return false;
        if (*path == 0) break;
        char buses[600];
        snprintf(buses, sizeof buses, "%s/pci_bus", here);
        if (!only_entry(buses, "0000:", bus, sizeof bus)) return false;
    }
    return (size_t)snprintf(directory, size, "%s", here) < size;
}

static bool find_pci_child(const char *address, const char *class, char *name, size_t size) {
    char directory[512], virtio[32], children[640];
    if (!pci_path_resolve("/sys/devices", address, directory, sizeof directory)) return false;
    if (only_entry(directory, "virtio", virtio, sizeof virtio))
        snprintf(children, sizeof children, "%s/%s/%s", directory, virtio, class);
    else
        snprintf(children, sizeof children, "%s/%s", directory, class);
    return only_entry(children, "", name, size);
}

static bool find(const struct device_wait *wait, char *name, size_t size) {
    struct stat status;
    char found[DEVICE_NAME_SIZE];
    switch (wait->kind) {
    case DEVICE_BLOCK_NODE:
        snprintf(name, size, "%.*s", (int)size - 1, wait->address);
        return stat(name, &status) == 0 && S_ISBLK(status.st_mode);
    case DEVICE_BLOCK_PCI:
        if (!find_pci_child(wait->address, "block", found, sizeof found - 5)) return false;
        snprintf(name, size, "/dev/%s", found);
        return stat(name, &status) == 0 && S_ISBLK(status.st_mode);
    case DEVICE_NET_PCI: return find_pci_child(wait->address, "net", name, size);
    }
    return false;
}

// ---- waiting

void device_wait_stop(struct device_wait *wait) {
    list_remove(&wait->link);
    timer_stop(&wait->limit);
    timer_stop(&wait->look_again);
}

static bool look(struct device_wait *wait) {
    char name[DEVICE_NAME_SIZE + 8];
    if (!find(wait, name, sizeof name)) return false;
    device_wait_stop(wait);
    wait->done(wait, name);
    return true;
}

static void limit_reached(struct timer *timer) {
    struct device_wait *wait = container_of(timer, struct device_wait, limit);
    device_wait_stop(wait);
    wait->done(wait, NULL);
}

static void look_again(struct timer *timer) {
    struct device_wait *wait = container_of(timer, struct device_wait, look_again);
    // Not every slot tells of a new card by itself.
    if (wait->kind != DEVICE_BLOCK_NODE) write_text("/sys/bus/pci/rescan", "1");
    if (!look(wait)) timer_start(timer, LOOK_AGAIN_MS);
}

void device_wait_start(struct device_wait *wait, enum device_kind kind, const char *address,
                       void (*done)(struct device_wait *wait, const char *name)) {
    wait->kind = kind;
    wait->done = done;
    list_init(&wait->link);
    timer_init(&wait->limit, limit_reached);
    timer_init(&wait->look_again, look_again);
    bool fits = (size_t)snprintf(wait->address, sizeof wait->address, "%s", address) < sizeof wait->address;
    if (!fits) {
        done(wait, NULL);
        return;
    }
    if (look(wait)) return;
    list_append(&waits, &wait->link);
    timer_start(&wait->limit, options.hotplug_timeout_ms);
    timer_start(&wait->look_again, LOOK_AGAIN_MS);
}

// ---- the kernel's events

static void event_ready(struct watch *watch, uint32_t events) {
    (void)events;
    char event[4096];
    // The content does not matter: whatever was added, those who wait look for theirs.
    while (recv(watch->fd, event, sizeof event, MSG_DONTWAIT) > 0 || errno == ENOBUFS) {}
    list_each(node, &waits) look(container_of(node, struct device_wait, link));
}

void device_events_init(void) {
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    events_watch.ready = event_ready;
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || !watch_add(&events_watch, fd, EPOLLIN))
        log_warn("device events: %s", strerror(errno));
}
