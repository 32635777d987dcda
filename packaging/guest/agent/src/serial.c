// The virtio-serial port. It is open for good; peers on the host connect and disconnect behind it, which shows as end of file
// and as the next data. Nothing of one peer may leak to the next: the connection is reset in between.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "connection.h"
#include "files.h"
#include "log.h"
#include "loop.h"
#include "peers.h"
#include "transport.h"

// The driver learns a port's name from the host after it has been loaded, on a busy host long after.
enum { LOOK_AGAIN_MS = 2, LOOK_LIMIT_MS = 10000 };

static struct timer look_again, limit;
static void (*nothing_found)(void);

static const char port_name[] = "agent.channel.0";
static const char ports_directory[] = "/sys/class/virtio-ports";

static void peer_gone(struct connection *connection) {
    (void)connection;
    log_debug("peer left %s", port_name);
}

static bool find_port(char *device, size_t size) {
    DIR *ports = opendir(ports_directory);
    if (ports == NULL) return false;
    bool found = false;
    struct dirent *entry;
    while (!found && (entry = readdir(ports)) != NULL) {
        char path[512], name[128];
        snprintf(path, sizeof path, "%s/%s/name", ports_directory, entry->d_name);
        if (entry->d_name[0] == '.' || !read_word(path, name, sizeof name)) continue;
        found = strcmp(name, port_name) == 0;
        if (found) snprintf(device, size, "/dev/%s", entry->d_name);
    }
    closedir(ports);
    return found;
}

static void serve(const char *device) {
    int fd = open(device, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        log_error("open %s: %s", device, strerror(errno));
        return;
    }
    struct connection *connection = peer_new();
    if (connection == NULL || !connection_open(connection, fd, peer_gone)) {
        log_error("watch %s: %s", device, strerror(errno));
        close(fd);
        return;
    }
    connection->peers_change = true;
    log_info("serving %s", device);
}

static void look(struct timer *timer) {
    char device[300];
    if (!find_port(device, sizeof device)) {
        timer_start(timer, LOOK_AGAIN_MS);
        return;
    }
    timer_stop(&limit);
    serve(device);
}

static void give_up(struct timer *timer) {
    (void)timer;
    timer_stop(&look_again);
    nothing_found();
}

void serial_open(void (*gave_up)(void)) {
    nothing_found = gave_up;
    timer_init(&look_again, look);
    timer_init(&limit, give_up);
    timer_start(&limit, LOOK_LIMIT_MS);
    look(&look_again);
}
