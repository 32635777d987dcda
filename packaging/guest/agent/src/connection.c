#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call.h"
#include "log.h"
#include "resync.h"

// How long a frame may stand still before it is looked at, and how often until it is given up.
enum { STALL_MS = 300, STALLS_LIMIT = 100 };

// How long a peer may have sent its first bytes before the driver knows that it is there. On a busy guest the driver's worker waits
// for a processor as long as others run.
enum { UNANNOUNCED_MS = 5000 };

static uint8_t receive_buffer[64 * 1024];

static void clear_queue(struct connection *connection) {
    list_each(node, &connection->queue) {
        list_remove(node);
        out_frame_release(container_of(node, struct out_frame, link));
    }
    connection->queued = 0;
}

void connection_reset(struct connection *connection) {
    frame_parser_reset(&connection->parser);
    connection->peers++;
    connection->last_stream = 0;
    timer_stop(&connection->stall);
    timer_stop(&connection->unannounced);
    connection->resetting = true;
    struct list *first;
    while ((first = list_first(&connection->calls)) != NULL) call_lost(container_of(first, struct call, link));
    while ((first = list_first(&connection->starved)) != NULL) list_remove(first);
    clear_queue(connection);
    connection->resetting = connection->broken = false;
}

void connection_close(struct connection *connection) {
    connection_reset(connection);
    int fd = connection->watch.fd;
    watch_remove(&connection->watch);
    if (fd >= 0) close(fd);
}

// ---- writing

static void feed_starved(struct connection *connection) {
    // Those who starve again append themselves anew, so only the ones listed now get a turn.
    struct list turn;
    list_init(&turn);
    struct list *first;
    while ((first = list_first(&connection->starved)) != NULL) {
        list_remove(first);
        list_append(&turn, first);
    }
    while ((first = list_first(&turn)) != NULL) {
        list_remove(first);
        struct starvation *starvation = container_of(first, struct starvation, link);
        starvation->fed(starvation);
    }
}

static void write_queue(struct connection *connection) {
    struct list *first;
    while ((first = list_first(&connection->queue)) != NULL) {
        struct out_frame *frame = container_of(first, struct out_frame, link);
        ssize_t written = write(connection->watch.fd, frame->bytes + frame->begin, frame->end - frame->begin);
        if (written < 0) {
            if (errno != EAGAIN && errno != EINTR) connection->broken = true;
            if (errno != EINTR) return;
            continue;
        }
        frame->begin += (size_t)written;
        connection->queued -= (size_t)written;
        if (frame->begin < frame->end) continue;
        list_remove(first);
        out_frame_release(frame);
    }
    if (connection->flushed != NULL) connection->flushed(connection);
}

void connection_send(struct connection *connection, struct out_frame *frame) {
    if (frame == NULL) {
        log_error("no memory for a reply: dropping the connection");
        connection->broken = true;
        shutdown(connection->watch.fd, SHUT_RDWR); // wakes the loop, where the connection is a socket
        return;
    }
    bool idle = list_empty(&connection->queue);
    list_append(&connection->queue, &frame->link);
    connection->queued += frame->end - frame->begin;
    if (idle) write_queue(connection);
}

// ---- reading

static bool take_frame(void *context, const struct frame_header *header, const uint8_t *data) {
    struct connection *connection = context;
    if (header->type != FRAME_REQUEST) return !connection->broken; // streaming is not used by this interface
    if (header->stream <= connection->last_stream && connection->peers_change) {
        // Stream ids only rise: this is another peer, which took the place of the old one before that could be noticed.
        log_info("stream %u after %u: a new peer", header->stream, connection->last_stream);
        connection_reset(connection);
    }
    if (header->stream % 2 == 0 || header->stream <= connection->last_stream)
        connection_send(connection, response_error(header->stream, STATUS_INVALID_ARGUMENT,
                                                   "stream ids of a client are odd, and each is above the one before"));
    else if (data == NULL)
        connection_send(connection,
                        response_error(header->stream, STATUS_RESOURCE_EXHAUSTED, "the frame is above the limit of 4194304 bytes"));
    else
        call_dispatch(connection, header->stream, data, header->length);
    if (header->stream > connection->last_stream) connection->last_stream = header->stream;
    return !connection->broken;
}

enum read_result { READ_ALL, READ_END, READ_BROKEN };

// Reads until the descriptor has no more, or its end.
static enum read_result read_all(struct connection *connection) {
    for (;;) {
        ssize_t count = read(connection->watch.fd, receive_buffer, sizeof receive_buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN ? READ_ALL : READ_BROKEN;
        if (count == 0) return READ_END;
        enum frame_result result = frame_parser_feed(&connection->parser, receive_buffer, (size_t)count, take_frame, connection);
        if (result == FRAME_GARBAGE) log_warn("the peer sent what is no ttrpc frame: dropping it");
        if (result != FRAME_CONTINUE) return READ_BROKEN;
    }
}

// What is left of a peer that sent garbage must not be taken for the next peer's first frame. Of one that has just gone nothing is
// left: what could be read then is the next peer's.
static void drop_rest(struct connection *connection) {
    while (read(connection->watch.fd, receive_buffer, sizeof receive_buffer) > 0) {}
}

// ---- a peer whose first bytes are here before it is

static bool knows_a_peer(const struct connection *connection) {
    return connection->last_stream > 0 || connection->parser.head_have > 0;
}

static void never_announced(struct timer *timer) {
    struct connection *connection = container_of(timer, struct connection, unannounced);
    connection_reset(connection);
    connection->ended(connection);
}

// Whether the end that was read is only the port's that does not know of its new peer yet: bytes and the news that somebody is there
// come by different queues, and the driver takes the news in a worker of its own. Until it has, the port reads as ended behind the
// bytes, and takes no answer.
static bool is_unannounced(struct connection *connection, bool knew_one) {
    if (!connection->peers_change || !knows_a_peer(connection)) return false;
    if (timer_is_running(&connection->unannounced)) return true;
    if (knew_one) return false;
    timer_start(&connection->unannounced, UNANNOUNCED_MS);
    return true;
}

// ---- a frame that does not get on

static void stalled(struct timer *timer) {
    struct connection *connection = container_of(timer, struct connection, stall);
    size_t length, offset;
    uint8_t *bytes = resync_bytes(&connection->parser, &length);
    bool found = bytes != NULL && resync_find(bytes, length, &offset);
    if (found) {
        log_info("a new peer's first frame was found in the old one's last");
        connection_reset(connection);
        frame_parser_feed(&connection->parser, bytes + offset, length - offset, take_frame, connection);
    } else if (++connection->stalls == STALLS_LIMIT) {
        log_warn("a frame has been incomplete for %d s: dropping the peer", STALLS_LIMIT * STALL_MS / 1000);
        connection_reset(connection);
        connection->ended(connection);
    } else {
        timer_start(timer, STALL_MS);
    }
    free(bytes);
}

static void watch_stall(struct connection *connection) {
    connection->stalls = 0;
    if (connection->peers_change && connection->parser.head_have > 0)
        timer_start(&connection->stall, STALL_MS);
    else
        timer_stop(&connection->stall);
}

static void ready(struct watch *watch, uint32_t events) {
    struct connection *connection = container_of(watch, struct connection, watch);
    if ((events & EPOLLOUT) != 0) {
        write_queue(connection);
        if (!connection_is_congested(connection)) feed_starved(connection);
    }
    bool knew_one = knows_a_peer(connection), alive = true;
    unsigned peers = connection->peers;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        enum read_result result = read_all(connection);
        // One that took the place of the peer that was known, as its stream showed, is as new as one that nobody came before.
        alive = result == READ_ALL || (result == READ_END && is_unannounced(connection, knew_one && peers == connection->peers));
        if (result == READ_ALL) timer_stop(&connection->unannounced);
        if (result == READ_BROKEN) drop_rest(connection);
    } else {
        timer_stop(&connection->unannounced);
    }
    if (!alive || connection->broken) {
        connection_reset(connection);
        connection->ended(connection);
        return;
    }
    watch_stall(connection);
}

bool connection_open(struct connection *connection, int fd, void (*ended)(struct connection *connection)) {
    memset(connection, 0, sizeof *connection);
    list_init(&connection->queue);
    list_init(&connection->calls);
    list_init(&connection->starved);
    timer_init(&connection->stall, stalled);
    timer_init(&connection->unannounced, never_announced);
    connection->ended = ended;
    connection->watch.ready = ready;
    // Edge triggered: a serial port without a peer is always "hung up", which must not keep the loop busy.
    return watch_add(&connection->watch, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}
