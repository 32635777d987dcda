#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actions.h"
#include "child.h"
#include "files.h"
#include "names.h"

/* Docker's, in the namespace of each container that is in a network of the user's. */
#define SERVER 0x7f00000bu /* 127.0.0.11 */
#define SERVER_PORT 53

#define HEADER 4 /* the message's length and its client, 16 bits each, big endian */
#define MESSAGE_LIMIT 4096
#define EACH_MS (1000 / NAMES_PER_SECOND)
#define QUESTIONS 64 /* at once; beyond that the oldest gets no answer any more, as if it had been lost on its way */

/* A question that was asked: a socket of its own, so that the answer is known by it. */
struct question {
    int fd;
    uint8_t client[2];
};

static struct question questions[QUESTIONS];
static unsigned oldest;
static long long due; /* when all that was asked would have been asked at the pace of the long run; never long past */

static void forget(struct question *question) {
    if (question->fd >= 0) close(question->fd);
    question->fd = -1;
}

/* How long nothing more is to be asked, in ms. What the guest asks meanwhile waits in its agent, and is lost there when that has enough. */
static int rest_ms(void) {
    long long too_much = due - now_ms() - (long long)NAMES_BURST * EACH_MS;
    return too_much > 0 ? (int)too_much : 0;
}

static void ask(const uint8_t *client, const uint8_t *message, size_t length) {
    long long now = now_ms();
    due = (due > now ? due : now) + EACH_MS;
    const struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(SERVER_PORT), .sin_addr.s_addr = htonl(SERVER)};
    struct question *question = &questions[oldest];
    forget(question);
    question->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    memcpy(question->client, client, sizeof question->client);
    if (question->fd < 0 || connect(question->fd, (const struct sockaddr *)&server, sizeof server) != 0 ||
        send(question->fd, message, length, 0) != (ssize_t)length)
        forget(question);
    else
        oldest = (oldest + 1) % QUESTIONS;
}

/* False when the daemon is gone, or says what is none. */
static bool take_questions(int daemon) {
    static uint8_t pending[HEADER + MESSAGE_LIMIT];
    static size_t have;
    ssize_t count = recv(daemon, pending + have, sizeof pending - have, 0);
    if (count <= 0) return count < 0 && errno == EINTR;
    have += (size_t)count;
    size_t length;
    while (have >= HEADER && have >= HEADER + (length = (size_t)pending[0] << 8 | pending[1])) {
        ask(pending + 2, pending + HEADER, length);
        have -= HEADER + length;
        memmove(pending, pending + HEADER + length, have);
    }
    return have < sizeof pending;
}

static bool send_all(int fd, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        ssize_t count = send(fd, bytes, length, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

/* False when the daemon is gone. A server that is not there is an error of the socket: no answer. */
static bool pass_answer(struct question *question, int daemon) {
    uint8_t frame[HEADER + MESSAGE_LIMIT];
    ssize_t length = recv(question->fd, frame + HEADER, MESSAGE_LIMIT, 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    forget(question);
    if (length < 0) return true;
    frame[0] = (uint8_t)(length >> 8);
    frame[1] = (uint8_t)length;
    memcpy(frame + 2, question->client, sizeof question->client);
    return send_all(daemon, frame, HEADER + (size_t)length);
}

static bool serve(int daemon) {
    int rest = rest_ms();
    struct pollfd fds[1 + QUESTIONS] = {{.fd = daemon, .events = rest > 0 ? 0 : POLLIN}};
    for (int i = 0; i < QUESTIONS; i++) fds[1 + i] = (struct pollfd){.fd = questions[i].fd, .events = POLLIN};
    if (poll(fds, 1 + QUESTIONS, rest > 0 ? rest : -1) < 0) return errno == EINTR;
    for (int i = 0; i < QUESTIONS; i++)
        if (fds[1 + i].revents && !pass_answer(&questions[i], daemon)) return false;
    return fds[0].revents == 0 || take_questions(daemon);
}

int action_names(const struct flags *flags) {
    prctl(PR_SET_NAME, "saya-names");
    for (int i = 0; i < QUESTIONS; i++) questions[i].fd = -1;
    int listener = atoi(flags->address);
    int daemon = !privileges_give_up() ? -1 : accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (daemon < 0) {
        fprintf(stderr, "saya: names of the pod's network: %s\n", strerror(errno));
        return 1;
    }
    close(listener);
    while (serve(daemon))
        ;
    return 0;
}
