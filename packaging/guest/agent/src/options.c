#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

// A device that was plugged shows within a tenth of a second, in an emulated guest on a busy host within some. Kata has 3 s.
struct options options = {.hotplug_timeout_ms = 10000};

// Kata 1.x took durations ("10s", "500ms", "1m"), later releases whole seconds.
static bool parse_duration(const char *text, uint32_t *milliseconds) {
    char *unit;
    errno = 0;
    unsigned long value = strtoul(text, &unit, 10);
    if (errno != 0 || unit == text || value > 86400) return false;
    uint32_t factor = *unit == 0 || strcmp(unit, "s") == 0 ? 1000 : strcmp(unit, "ms") == 0 ? 1 : strcmp(unit, "m") == 0 ? 60000 : 0;
    *milliseconds = (uint32_t)value * factor;
    return factor != 0 && value * factor <= 86400000;
}

static bool parse_u32(const char *text, uint32_t limit, uint32_t *value) {
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != 0 || number > limit) return false;
    *value = (uint32_t)number;
    return true;
}

static bool parse_flag(const char *text, bool *flag) {
    if (*text == 0 || strcmp(text, "true") == 0 || strcmp(text, "1") == 0)
        *flag = true;
    else if (strcmp(text, "false") == 0 || strcmp(text, "0") == 0)
        *flag = false;
    else
        return false;
    return true;
}

static bool apply(const char *name, const char *value) {
    if (strcmp(name, "agent.log") == 0) return log_threshold_from_name(value);
    if (strcmp(name, "agent.hotplug_timeout") == 0) {
        uint32_t milliseconds;
        if (!parse_duration(value, &milliseconds)) return false;
        options.hotplug_timeout_ms = milliseconds;
        return true;
    }
    // The kernel's own upper bound for an unprivileged pipe is 1 MiB; more has no use.
    if (strcmp(name, "agent.container_pipe_size") == 0) return parse_u32(value, 1 << 20, &options.container_pipe_size);
    if (strcmp(name, "agent.debug_console") == 0) return parse_flag(value, &options.debug_console);
    if (strcmp(name, "agent.debug_console_vport") == 0) return parse_u32(value, UINT32_MAX - 1, &options.debug_console_vport);
    if (strcmp(name, "agent.vsock_peers") == 0) {
        options.vsock_peers_any_port = strcmp(value, "host") == 0;
        return options.vsock_peers_any_port || strcmp(value, "root") == 0;
    }
    if (strcmp(name, "agent.log_vport") == 0) return parse_u32(value, UINT32_MAX - 1, &options.log_vport);
    return true;
}

void options_parse(const char *command_line) {
    while (*command_line != 0) {
        size_t length = strcspn(command_line, " \t\n");
        char word[256];
        if (length > 0 && length < sizeof word) {
            memcpy(word, command_line, length);
            word[length] = 0;
            char *value = strchr(word, '=');
            if (value != NULL) *value++ = 0;
            if (!apply(word, value != NULL ? value : ""))
                log_warn("kernel parameter %s=%s makes no sense: using the default", word, value != NULL ? value : "");
        }
        command_line += length;
        command_line += strspn(command_line, " \t\n");
    }
}
