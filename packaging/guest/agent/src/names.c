#include "names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/ports.pb-c.h"
#include "log.h"
#include "loop.h"
#include "ports.h"

enum {
    PORT = 53,
    // Of a message: its length and the number of the client that asked, 16 bits each.
    HEADER = 4,
    // More than resolvers ask for by UDP.
    MESSAGE_LIMIT = 4096,
    // Beyond that the oldest question is forgotten: its answer reaches a client that did not ask it, and that one ignores it.
    CLIENTS = 256,
    // Others want to be served as well.
    AT_ONCE = 16,
};

static void question_ready(struct watch *watch, uint32_t events);
static void answer_ready(struct watch *watch, uint32_t events);

static struct relay {
    struct watch questions, answers;
    struct sockaddr_in clients[CLIENTS];
    uint16_t next;
    uint8_t pending[HEADER + MESSAGE_LIMIT];
    size_t have;
} relay = {.questions = {.fd = -1, .ready = question_ready}, .answers = {.fd = -1, .ready = answer_ready}};

static void put16(uint8_t *bytes, uint16_t value) {
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void relay_end(void) {
    struct watch *watches[] = {&relay.questions, &relay.answers};
    for (size_t i = 0; i < sizeof watches / sizeof *watches; i++) {
        int fd = watches[i]->fd;
        if (fd < 0) continue;
        watch_remove(watches[i]);
        close(fd);
    }
    relay.have = 0;
}

// A host that does not keep up loses questions, as a network would; who asked asks again.
static void question_ready(struct watch *watch, uint32_t events) {
    (void)events;
    uint8_t frame[HEADER + MESSAGE_LIMIT];
    for (int i = 0; i < AT_ONCE; i++) {
        struct sockaddr_in *client = &relay.clients[relay.next];
        socklen_t size = sizeof *client;
        ssize_t length = recvfrom(watch->fd, frame + HEADER, MESSAGE_LIMIT, 0, (struct sockaddr *)client, &size);
        if (length < 0) return;
        put16(frame, (uint16_t)length);
        put16(frame + 2, relay.next);
        ssize_t sent = send(relay.answers.fd, frame, HEADER + (size_t)length, MSG_NOSIGNAL);
        if (sent == HEADER + length)
            relay.next = (uint16_t)((relay.next + 1) % CLIENTS);
        else if (sent >= 0 || errno != EAGAIN) {
            relay_end(); // half a message: what follows would be nonsense
            return;
        }
    }
}

// Gives the first message that has come to who asked for it; false if it is not whole yet, or is none.
static bool give_answer(void) {
    size_t length = relay.have < HEADER ? 0 : get16(relay.pending);
    if (relay.have < HEADER || relay.have < HEADER + length) return false;
    const struct sockaddr_in *client = &relay.clients[get16(relay.pending + 2) % CLIENTS];
    if (client->sin_port != 0)
        sendto(relay.questions.fd, relay.pending + HEADER, length, 0, (const struct sockaddr *)client, sizeof *client);
    relay.have -= HEADER + length;
    memmove(relay.pending, relay.pending + HEADER + length, relay.have);
    return true;
}

static void answer_ready(struct watch *watch, uint32_t events) {
    (void)events;
    ssize_t count = read(watch->fd, relay.pending + relay.have, sizeof relay.pending - relay.have);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count > 0) relay.have += (size_t)count;
    while (count > 0 && give_answer())
        ;
    // The buffer is full with a message that does not end in it: the host speaks another language.
    if (count <= 0 || relay.have == sizeof relay.pending) relay_end();
}

// Returns 0 or errno; `other` gets the host's end.
static int relay_begin(struct in_addr address, int *other) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = address};
    int ends[2] = {-1, -1}, on = 1;
    int questions = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    // A program that serves names by itself at all addresses may do so beside this if it allows the same.
    if (questions >= 0 && setsockopt(questions, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(questions, (struct sockaddr *)&own, sizeof own) == 0 &&
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0 && watch_add(&relay.questions, questions, EPOLLIN) &&
        watch_add(&relay.answers, ends[1], EPOLLIN)) {
        *other = ends[0];
        return 0;
    }
    int error = errno;
    watch_remove(&relay.questions);
    for (size_t i = 0; i < 2; i++)
        if (ends[i] >= 0) close(ends[i]);
    if (questions >= 0) close(questions);
    return error;
}

void handle_serve_names(struct call *call, const void *message) {
    const Saya__ServeNamesRequest *request = message;
    struct in_addr address;
    if (*request->id == 0 || inet_pton(AF_INET, request->address, &address) != 1 || ntohl(address.s_addr) >> 24 != IN_LOOPBACKNET) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "ServeNames: id \"%s\" and address \"%s\" (expected: a name, and 127.0.0.0/8)",
                  request->id, request->address);
        return;
    }
    if (port_connection_find("", request->id) != NULL) {
        call_fail(call, STATUS_ALREADY_EXISTS, "ServeNames: %s exists already", request->id);
        return;
    }
    relay_end();
    int other = -1, error = relay_begin(address, &other);
    if (error != 0)
        call_fail(call, STATUS_UNAVAILABLE, "ServeNames: port %d of %s in the guest: %s", PORT, request->address, strerror(error));
    else if (!port_connection_keep(request->id, other, NULL)) {
        relay_end();
        call_fail_memory(call);
    } else
        call_reply_empty(call);
}
