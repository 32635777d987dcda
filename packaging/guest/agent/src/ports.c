#include "ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/ports.pb-c.h"

// The kernel needs microseconds on the loopback, milliseconds where the host has much else to do. Only a server that does not accept
// takes longer: its connection is given out as it is, and reading and writing wait for it.
enum { DIAL_MS = 1000 };

static struct list connections = {&connections, &connections};

// A connection that is being made: to 127.0.0.1 first, then to ::1.
struct dial {
    struct list link;
    struct watch watch;
    struct timer limit;
    struct call *call;
    const Saya__ConnectRequest *request;
    int fd, family;
};

static struct list dials = {&dials, &dials};

struct port_connection *port_connection_find(const char *container_id, const char *exec_id) {
    if (*container_id != 0) return NULL;
    list_each(node, &connections) {
        struct port_connection *connection = container_of(node, struct port_connection, link);
        if (strcmp(connection->id, exec_id) == 0) return connection;
    }
    return NULL;
}

static void forget(struct port_connection *connection) {
    list_remove(&connection->link);
    input_close(&connection->input);
    output_close(&connection->output);
    void (*closed)(void) = connection->closed;
    free(connection->id);
    free(connection);
    if (closed != NULL) closed();
}

bool port_connection_keep(const char *id, int fd, void (*closed)(void)) {
    struct port_connection *connection = calloc(1, sizeof *connection);
    int writer = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (connection == NULL || writer < 0 || (connection->id = strdup(id)) == NULL) {
        free(connection);
        if (writer >= 0) close(writer);
        close(fd);
        return false;
    }
    connection->closed = closed;
    input_init(&connection->input);
    output_init(&connection->output);
    input_open_socket(&connection->input, writer);
    output_open(&connection->output, fd);
    list_append(&connections, &connection->link);
    return true;
}

static void finish(struct dial *dial, int error) {
    struct call *call = dial->call;
    const Saya__ConnectRequest *request = dial->request;
    int fd = dial->fd;
    list_remove(&dial->link);
    timer_stop(&dial->limit);
    free(dial);
    if (error != 0)
        call_fail(call, STATUS_UNAVAILABLE, "Connect: port %u of localhost in the guest: %s", request->port, strerror(error));
    else if (call_is_gone(call)) {
        close(fd); // nobody would disconnect it
        call_reply_empty(call);
    } else if (!port_connection_keep(request->id, fd, NULL))
        call_fail_memory(call);
    else
        call_reply_empty(call);
}

static int begin(struct dial *dial, int family) {
    struct sockaddr_in v4 = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)dial->request->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = v4.sin_port, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    dial->family = family;
    dial->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (dial->fd < 0) return errno;
    const struct sockaddr *address = family == AF_INET ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
    if (connect(dial->fd, address, family == AF_INET ? sizeof v4 : sizeof v6) == 0) return 0;
    if (errno == EINPROGRESS && !watch_add(&dial->watch, dial->fd, EPOLLOUT)) return errno;
    return errno;
}

// With the outcome of a family: goes on to the next one, or ends.
static void proceed(struct dial *dial, int error) {
    while (error != 0 && error != EINPROGRESS) {
        if (dial->fd >= 0) close(dial->fd);
        if (dial->family == AF_INET6) break;
        error = begin(dial, AF_INET6);
    }
    if (error != EINPROGRESS) finish(dial, error);
}

static void dial_ready(struct watch *watch, uint32_t events) {
    (void)events;
    struct dial *dial = container_of(watch, struct dial, watch);
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    watch_remove(watch);
    proceed(dial, error);
}

static void dial_limit(struct timer *timer) {
    struct dial *dial = container_of(timer, struct dial, limit);
    watch_remove(&dial->watch);
    finish(dial, 0);
}

static bool is_dialled(const char *id) {
    list_each(node, &dials) if (strcmp(container_of(node, struct dial, link)->request->id, id) == 0) return true;
    return false;
}

static unsigned counted(void) {
    unsigned count = list_length(&dials);
    list_each(node, &connections) count += container_of(node, struct port_connection, link)->closed == NULL;
    return count;
}

void handle_connect(struct call *call, const void *message) {
    const Saya__ConnectRequest *request = message;
    struct dial *dial = NULL;
    if (*request->id == 0 || request->port == 0 || request->port > UINT16_MAX)
        call_fail(call, STATUS_INVALID_ARGUMENT, "Connect: id \"%s\" and port %u (expected: a name, and 1 to 65535)", request->id,
                  request->port);
    else if (port_connection_find("", request->id) != NULL || is_dialled(request->id))
        call_fail(call, STATUS_ALREADY_EXISTS, "Connect: %s exists already", request->id);
    else if (counted() >= PORT_CONNECTIONS_LIMIT)
        call_fail(call, STATUS_RESOURCE_EXHAUSTED, "Connect: %d connections are open already", PORT_CONNECTIONS_LIMIT);
    else if ((dial = calloc(1, sizeof *dial)) == NULL)
        call_fail_memory(call);
    else {
        *dial = (struct dial){.watch = {.fd = -1, .ready = dial_ready}, .call = call, .request = request};
        timer_init(&dial->limit, dial_limit);
        list_append(&dials, &dial->link);
        timer_start(&dial->limit, DIAL_MS);
        proceed(dial, begin(dial, AF_INET));
    }
}

void port_connection_forget(const char *id) {
    struct port_connection *connection = port_connection_find("", id);
    if (connection != NULL) forget(connection);
}

void handle_disconnect(struct call *call, const void *message) {
    const Saya__DisconnectRequest *request = message;
    port_connection_forget(request->id);
    call_reply_empty(call);
}
