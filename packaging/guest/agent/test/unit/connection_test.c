// A peer at a serial port, as the driver shows it.
#include "connection.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "unit.h"

ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __real_write(int fd, const void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_write(int fd, const void *buffer, size_t size);

// The port: what can be read, what was written, and whether the driver knows that somebody is there.
static struct {
    int fd;
    const uint8_t *bytes;
    size_t length, taken, written;
    uint8_t answer[256];
    bool announced;
} port = {.fd = -1};

ssize_t __wrap_read(int fd, void *buffer, size_t size) {
    if (fd != port.fd) return __real_read(fd, buffer, size);
    size_t left = port.length - port.taken, count = left < size ? left : size;
    if (count == 0 && !port.announced) return 0;
    if (count == 0) {
        errno = EAGAIN;
        return -1;
    }
    memcpy(buffer, port.bytes + port.taken, count);
    port.taken += count;
    return (ssize_t)count;
}

ssize_t __wrap_write(int fd, const void *buffer, size_t size) {
    if (fd != port.fd) return __real_write(fd, buffer, size);
    if (!port.announced || port.written + size > sizeof port.answer) {
        errno = EAGAIN;
        return -1;
    }
    memcpy(port.answer + port.written, buffer, size);
    port.written += size;
    return (ssize_t)size;
}

static const uint8_t check[] = "\0\0\0\x14\0\0\0\x01\x01\0\x0a\x0bgrpc.Health\x12\x05"
                               "Check";

static int ends;

static void count_end(struct connection *connection) {
    (void)connection;
    ends++;
}

static void open_port(struct connection *connection) {
    loop_init();
    memset(&port, 0, sizeof port);
    port.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ends = 0;
    connection_open(connection, port.fd, count_end);
    connection->peers_change = true;
}

static void close_port(struct connection *connection) {
    connection_close(connection);
    port.fd = -1;
}

static void request_comes(struct connection *connection) {
    port.bytes = check;
    port.length = sizeof check - 1;
    port.taken = 0;
    connection->watch.ready(&connection->watch, EPOLLIN | EPOLLHUP);
}

TEST(an_answer_waits_until_the_driver_knows_of_the_peer) {
    struct connection connection;
    open_port(&connection);
    request_comes(&connection);
    CHECK(port.taken == port.length && ends == 0 && port.written == 0);
    connection.watch.ready(&connection.watch, EPOLLIN | EPOLLHUP); // the port's state is told again
    CHECK(ends == 0);
    port.announced = true;
    connection.watch.ready(&connection.watch, EPOLLOUT);
    CHECK(ends == 0 && port.written > 10 && port.answer[7] == 1 && port.answer[8] == 2);
    port.announced = false;
    connection.watch.ready(&connection.watch, EPOLLIN | EPOLLHUP);
    CHECK(ends == 1);
    close_port(&connection);
}

// Who left before a template was made, and who comes to a machine that was made of it: no end was read in between.
TEST(a_peer_in_the_place_of_another_may_be_unannounced_as_well) {
    struct connection connection;
    open_port(&connection);
    port.announced = true;
    request_comes(&connection);
    CHECK(ends == 0 && port.written > 10);
    port.announced = false;
    port.written = 0;
    request_comes(&connection);
    CHECK(port.taken == port.length && ends == 0 && port.written == 0 && connection.queued > 0);
    port.announced = true;
    connection.watch.ready(&connection.watch, EPOLLOUT);
    CHECK(ends == 0 && port.written > 10 && port.answer[7] == 1 && port.answer[8] == 2);
    close_port(&connection);
}

TEST(a_peer_that_the_driver_never_hears_of_is_forgotten) {
    struct connection connection;
    open_port(&connection);
    request_comes(&connection);
    CHECK(timer_is_running(&connection.unannounced) && connection.queued > 0);
    timer_stop(&connection.unannounced);
    connection.unannounced.fired(&connection.unannounced);
    CHECK(ends == 1 && connection.queued == 0);
    close_port(&connection);
}

TEST(what_comes_behind_the_end_of_a_peer_is_the_next_ones) {
    struct connection connection;
    open_port(&connection);
    port.announced = true;
    request_comes(&connection);
    port.announced = false;
    connection.watch.ready(&connection.watch, EPOLLIN | EPOLLHUP);
    CHECK(ends == 1);
    port.announced = true;
    port.written = 0;
    request_comes(&connection);
    CHECK(ends == 1 && port.written > 10 && port.answer[7] == 1);
    close_port(&connection);
}
