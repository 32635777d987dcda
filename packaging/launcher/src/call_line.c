#define _GNU_SOURCE
#include "call_line.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE (64u * 1024)
#define ANSWERS_LIMIT (CALL_HEADER + CALL_PAYLOAD_LIMIT) /* for a client that does not read */

struct line *line_new(int client) {
    struct line *line = calloc(1, sizeof *line);
    if (!line) abort();
    line->client = client;
    line->daemon = -1;
    return line;
}

/* Also where a child that was just forked has a copy. */
static void hang_up(int *fd) {
    if (*fd >= 0) {
        shutdown(*fd, SHUT_RDWR);
        close(*fd);
    }
    *fd = -1;
}

void line_free(struct line *line) {
    hang_up(&line->client);
    hang_up(&line->daemon);
    bytes_free(&line->asked);
    bytes_free(&line->answered);
    bytes_free(&line->to_client);
    call_list_free(&line->unsent);
    call_list_free(&line->open);
    free(line);
}

static bool has_room(const struct line *line) {
    return line->unsent.count + line->open.count < LINE_CALLS && line->unsent.bytes + line->open.bytes < LINE_BYTES &&
           line->to_client.length < ANSWERS_LIMIT;
}

short line_client_events(const struct line *line) {
    short events = 0;
    if (line->client < 0) return 0;
    if (!line->client_ended && !line->daemon_ended && has_room(line)) events |= POLLIN;
    if (line->to_client.length > 0) events |= POLLOUT;
    return events;
}

short line_daemon_events(const struct line *line) {
    short events = 0;
    if (line->daemon < 0) return 0;
    if (line->to_client.length < ANSWERS_LIMIT) events |= POLLIN;
    if (!line->deaf && (line->unsent.first || (line->client_ended && !line->daemon_told))) events |= POLLOUT;
    return events;
}

/* -1: the end, or a connection that broke, with errno; 0: nothing now. */
static ssize_t receive(int fd, struct bytes *to) {
    static uint8_t piece[PIECE];
    ssize_t n = recv(fd, piece, sizeof piece, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (n == 0) errno = 0;
    if (n <= 0) return -1;
    bytes_append(to, piece, (size_t)n);
    return n;
}

static void drop_client(struct line *line) {
    hang_up(&line->client);
    line->client_ended = true;
    bytes_free(&line->to_client);
}

/* Whole frames go to those that are to be sent. */
static void take_requests(struct line *line) {
    struct reader come = {line->asked.data, line->asked.length, false};
    while (come.left > 0) {
        if (line->skip > 0) {
            size_t thrown = come.left < line->skip ? come.left : line->skip;
            come.data += thrown;
            come.left -= thrown;
            line->skip -= (uint32_t)thrown;
            continue;
        }
        struct call_frame *frame;
        enum call_cut cut = call_cut(&come, &frame, &line->skip);
        if (cut == CALL_CUT_NONE) break;
        if (cut == CALL_CUT_FRAME) {
            call_list_add(&line->unsent, frame);
        } else {
            if (frame->type != CALL_RESPONSE) call_refuse(&line->to_client, frame->stream);
            free(frame);
        }
    }
    bytes_consume(&line->asked, line->asked.length - come.left);
}

/* Whole frames go to the client; an answer ends its call. False for what no daemon says. */
static bool take_answers(struct line *line) {
    struct reader come = {line->answered.data, line->answered.length, false};
    struct call_frame *frame;
    uint32_t skip;
    enum call_cut cut;
    while ((cut = call_cut(&come, &frame, &skip)) == CALL_CUT_FRAME) {
        if (frame->type == CALL_RESPONSE) call_list_remove(&line->open, frame->stream);
        if (line->client >= 0) bytes_append(&line->to_client, frame->data, frame->length);
        free(frame);
    }
    bytes_consume(&line->answered, line->answered.length - come.left);
    if (cut != CALL_CUT_TOO_LONG) return true;
    free(frame);
    return false;
}

static void write_client(struct line *line) {
    ssize_t n = send(line->client, line->to_client.data, line->to_client.length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0)
        bytes_consume(&line->to_client, (size_t)n);
    else if (n < 0 && errno != EAGAIN && errno != EINTR)
        drop_client(line);
}

void line_client_ready(struct line *line) {
    if (line->to_client.length > 0) write_client(line);
    if (line->client < 0 || line->client_ended || line->daemon_ended || !has_room(line)) return;
    if (receive(line->client, &line->asked) < 0)
        line->client_ended = true;
    else
        take_requests(line);
}

/* What was sent whole may have been carried out. */
static void sent_whole(struct line *line) {
    struct call_frame *frame = call_list_take(&line->unsent);
    line->sent = 0;
    if (frame->type == CALL_REQUEST) {
        call_list_add(&line->open, frame);
    } else {
        free(frame);
        line->streams = true;
    }
}

static void write_daemon(struct line *line) {
    while (line->unsent.first) {
        const struct call_frame *frame = line->unsent.first;
        ssize_t n = send(line->daemon, frame->data + line->sent, frame->length - line->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) {
            line->deaf = errno != EAGAIN; /* what it has said by now is still to be read */
            line->reset = line->reset || errno == ECONNRESET;
            return;
        }
        if (n > 0) line->sent += (size_t)n;
        if (line->sent == frame->length) sent_whole(line);
    }
    if (line->client_ended && !line->daemon_told) {
        shutdown(line->daemon, SHUT_WR);
        line->daemon_told = true;
    }
}

/* errno is of what was read from it last. */
static void part(struct line *line) {
    line->reset = line->reset || errno == ECONNRESET;
    hang_up(&line->daemon);
}

bool line_daemon_ready(struct line *line) {
    if (line->daemon < 0) return true;
    if (!line->deaf) write_daemon(line);
    if (line->to_client.length >= ANSWERS_LIMIT) return true;
    if (receive(line->daemon, &line->answered) < 0) {
        part(line);
        return false;
    }
    if (!take_answers(line)) {
        hang_up(&line->daemon);
        line->daemon_ended = true;
    }
    return true;
}

bool line_is_over(const struct line *line) {
    if (line->daemon_ended) return line->client < 0 || line->to_client.length == 0;
    return line->client_ended && line->daemon < 0 && !line->unsent.first && !line->open.first && line->to_client.length == 0;
}

bool line_part(struct line *line) {
    /* A socket whose other end is closed holds a few hundred KiB at most. */
    ssize_t n = 0;
    while (line->daemon >= 0 && (n = receive(line->daemon, &line->answered)) > 0 && take_answers(line)) {}
    if (line->daemon >= 0 && n < 0) part(line);
    hang_up(&line->daemon);
    bytes_free(&line->answered);
    bool rests = true;
    for (const struct call_frame *request = line->open.first; request; request = request->next) {
        bool unread = line->reset && !request->next && line->sent == 0 && !line->streams;
        rests = rests && (unread || call_only_asks(request));
    }
    line->daemon_told = line->deaf = line->parted = line->reset = false;
    line->sent = 0;
    if (line->client < 0) call_list_free(&line->open); /* nobody waits for it */
    call_list_join(&line->open, &line->unsent);
    line->unsent = line->open;
    line->open = (struct call_list){0};
    return rests;
}
