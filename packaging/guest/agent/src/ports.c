#include "ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/ports.pb-c.h"

// The kernel needs microseconds on the loopback; where the host has much else to do, its softirq may come milliseconds late. A refusal by
// IPv4 that is not waited for would keep the connection from IPv6. Only a server that does not accept makes the agent wait so long.
enum { LOOPBACK_MS = 100 };

static struct list connections = {&connections, &connections};

struct port_connection *port_connection_find(const char *container_id, const char *exec_id) {
    if (*container_id != 0) return NULL;
    list_each(node, &connections) {
        struct port_connection *connection = container_of(node, struct port_connection, link);
        if (strcmp(connection->id, exec_id) == 0) return connection;
    }
    return NULL;
}

// 0, EINPROGRESS, or why there is no connection. The kernel delivers on the loopback while connect(2) runs, so the answer is there
// but for a server that does not accept; then reading and writing wait for it.
static int outcome_of(int fd, const struct sockaddr *address, socklen_t size) {
    int error = connect(fd, address, size) == 0 ? 0 : errno;
    socklen_t length = sizeof error;
    struct pollfd state = {.fd = fd, .events = POLLOUT};
    if (error == EINPROGRESS && poll(&state, 1, LOOPBACK_MS) == 1) getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
}

static int connect_to(const struct sockaddr *address, socklen_t size) {
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    int error = outcome_of(fd, address, size);
    if (error == 0 || error == EINPROGRESS) return fd;
    close(fd);
    errno = error;
    return -1;
}

static int connect_localhost(uint16_t port) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = connect_to((const struct sockaddr *)&v4, sizeof v4);
    return fd >= 0 ? fd : connect_to((const struct sockaddr *)&v6, sizeof v6);
}

static void forget(struct port_connection *connection) {
    list_remove(&connection->link);
    input_close(&connection->input);
    output_close(&connection->output);
    free(connection->id);
    free(connection);
}

static bool keep(const char *id, int fd) {
    struct port_connection *connection = calloc(1, sizeof *connection);
    int writer = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (connection == NULL || writer < 0 || (connection->id = strdup(id)) == NULL) {
        free(connection);
        if (writer >= 0) close(writer);
        close(fd);
        return false;
    }
    input_init(&connection->input);
    output_init(&connection->output);
    input_open_socket(&connection->input, writer);
    output_open(&connection->output, fd);
    list_append(&connections, &connection->link);
    return true;
}

void handle_connect(struct call *call, const void *message) {
    const Saya__ConnectRequest *request = message;
    int fd = -1;
    if (*request->id == 0 || request->port == 0 || request->port > UINT16_MAX)
        call_fail(call, STATUS_INVALID_ARGUMENT, "Connect: id \"%s\" and port %u (expected: a name, and 1 to 65535)", request->id,
                  request->port);
    else if (port_connection_find("", request->id) != NULL)
        call_fail(call, STATUS_ALREADY_EXISTS, "Connect: %s exists already", request->id);
    else if (list_length(&connections) >= PORT_CONNECTIONS_LIMIT)
        call_fail(call, STATUS_RESOURCE_EXHAUSTED, "Connect: %d connections are open already", PORT_CONNECTIONS_LIMIT);
    else if ((fd = connect_localhost((uint16_t)request->port)) < 0)
        call_fail(call, STATUS_UNAVAILABLE, "Connect: port %u of localhost in the guest: %s", request->port, strerror(errno));
    else if (!keep(request->id, fd))
        call_fail_memory(call);
    else
        call_reply_empty(call);
}

void handle_disconnect(struct call *call, const void *message) {
    const Saya__DisconnectRequest *request = message;
    struct port_connection *connection = port_connection_find("", request->id);
    if (connection != NULL) forget(connection);
    call_reply_empty(call);
}
