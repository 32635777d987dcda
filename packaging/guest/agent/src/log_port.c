#include "log_port.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"
#include "transport.h"

static struct watch listener, reader = {.fd = -1};

static void drop_reader(void) {
    int fd = reader.fd;
    watch_remove(&reader);
    if (fd >= 0) close(fd);
    log_sink = NULL;
}

// Text comes without control characters; what is left to escape are quotes and backslashes.
static size_t escape(const char *text, size_t length, char *out, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < length && used + 2 < size; i++) {
        if (text[i] == '"' || text[i] == '\\') out[used++] = '\\';
        out[used++] = text[i];
    }
    return used;
}

// A reader that is too slow misses lines; it must not hold the agent up.
static void send_line(enum log_level level, const char *text, size_t length) {
    static const char *const levels[] = {"ERRO", "WARN", "INFO", "DEBG"};
    char line[3072], message[2304];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    size_t escaped = escape(text, length, message, sizeof message);
    int used = snprintf(line, sizeof line, "{\"msg\":\"%.*s\",\"level\":\"%s\",\"ts\":%lld.%03ld,\"name\":\"saya-agent\",\"pid\":\"%d\"}\n",
                        (int)escaped, message, levels[level], (long long)now.tv_sec, now.tv_nsec / 1000000, (int)getpid());
    if (used > 0) send(reader.fd, line, (size_t)used, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void reader_ready(struct watch *watch, uint32_t events) {
    (void)watch;
    (void)events;
    char nothing[64];
    if (recv(reader.fd, nothing, sizeof nothing, MSG_DONTWAIT) == 0 || (events & (EPOLLHUP | EPOLLERR)) != 0) drop_reader();
}

static void accept_ready(struct watch *watch, uint32_t events) {
    (void)events;
    int fd = accept_trusted(watch);
    if (fd < 0) return;
    drop_reader(); // the latest one counts: an older one may be gone without having said so
    reader.ready = reader_ready;
    if (!watch_add(&reader, fd, EPOLLIN | EPOLLRDHUP)) {
        close(fd);
        return;
    }
    log_sink = send_line;
}

bool log_port_on_vsock(unsigned port) {
    return listen_vsock(&listener, port, accept_ready);
}

bool log_port_on_unix(const char *path) {
    return listen_unix(&listener, path, accept_ready);
}
