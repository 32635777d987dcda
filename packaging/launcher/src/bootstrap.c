#include "bootstrap.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "protobuf.h"

#define STDIN_LIMIT (10u << 20)
#define STDIN_LIMIT_MS 5000

enum { INSTANCE_ID = 1, NAMESPACE = 2, SOCKET_DIR = 9 };

int bootstrap_read(int fd, const struct flags *flags, struct bootstrap *bootstrap, struct fault *f) {
    *bootstrap = (struct bootstrap){0};
    if (isatty(fd)) return 0;
    long long deadline = now_ms() + STDIN_LIMIT_MS;
    char buffer[16384];
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        long long left = deadline - now_ms();
        int ready = poll(&p, 1, left > 0 ? (int)left : 0);
        if (ready == 0)
            return fault(f, "stdin: not closed after %d ms and %zu bytes (expected: the options, then the end)", STDIN_LIMIT_MS,
                         bootstrap->raw.length);
        ssize_t n = ready < 0 ? -1 : read(fd, buffer, sizeof buffer);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) break; /* a stdin that was closed by the caller counts as an empty one */
        if (bootstrap->raw.length + (size_t)n > STDIN_LIMIT) return fault(f, "stdin: longer than %u bytes", STDIN_LIMIT);
        bytes_append(&bootstrap->raw, buffer, (size_t)n);
    }
    bootstrap_parse(flags, bootstrap);
    return 0;
}

static bool equals(const struct field *field, const char *text) {
    return field->length == strlen(text) && memcmp(field->data, text, field->length) == 0;
}

void bootstrap_parse(const struct flags *flags, struct bootstrap *bootstrap) {
    struct message m = {bootstrap->raw.data, bootstrap->raw.length, false};
    struct field field;
    bool id = false, namespace = false;
    char directory[sizeof bootstrap->socket_directory] = "";
    while (protobuf_next(&m, &field)) {
        if (field.type != WIRE_BYTES) continue;
        if (field.number == INSTANCE_ID)
            id = equals(&field, flags->id);
        else if (field.number == NAMESPACE)
        namespace = equals(&field, flags->namespace);
        else if (field.number == SOCKET_DIR) /* too long is cut here and refused where the path is made */
            snprintf(directory, sizeof directory, "%.*s", (int)(field.length < 4096 ? field.length : 4096), (const char *)field.data);
    }
    if (!m.bad && id && namespace) memcpy(bootstrap->socket_directory, directory, sizeof directory);
}
