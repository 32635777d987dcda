#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum log_level log_threshold = LOG_INFO;
void (*log_sink)(enum log_level level, const char *text, size_t length);

static const char *const level_names[] = {"error", "warning", "info", "debug"};

// The bytes of a line can come from a container (a program's name, say): control characters must not reach the console.
static void defuse(char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) text[i] = ' ';
}

void log_line(enum log_level level, const char *format, ...) {
    if (level > log_threshold) return;
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    char line[1024];
    int head =
        snprintf(line, sizeof line, "[%5lld.%03ld] saya-agent %s: ", (long long)now.tv_sec, now.tv_nsec / 1000000, level_names[level]);
    va_list arguments;
    va_start(arguments, format);
    int body = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, arguments);
    va_end(arguments);
    if (body < 0) return;
    size_t length = (size_t)head + (size_t)body;
    if (length > sizeof line - 2) length = sizeof line - 2;
    defuse(line, length);
    if (log_sink != NULL) log_sink(level, line + head, length - (size_t)head);
    line[length++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, length);
    (void)written; // There is nowhere to report a broken console to.
}

int log_threshold_from_name(const char *name) {
    static const struct {
        const char *name;
        enum log_level level;
    } known[] = {
        {"critical", LOG_ERROR}, {"fatal", LOG_ERROR}, {"panic", LOG_ERROR}, {"error", LOG_ERROR}, {"warn", LOG_WARN},
        {"warning", LOG_WARN},   {"info", LOG_INFO},   {"debug", LOG_DEBUG}, {"trace", LOG_DEBUG},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0) {
            log_threshold = known[i].level;
            return 1;
        }
    return 0;
}
