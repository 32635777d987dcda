// Lines for the guest's console. The host shows the tail of the console when something goes wrong, so a line stands alone.
#pragma once

#include <stddef.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

// Lines above this level are dropped. Info until the kernel command line says otherwise.
extern enum log_level log_threshold;

// Gets a copy of each line, without the level and the line end; NULL if nobody listens.
extern void (*log_sink)(enum log_level level, const char *text, size_t length);

// Writes one line of at most 1 KiB to standard error; what is longer is cut. Never blocks for longer than the console does.
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Takes a level by the name it has in `agent.log`; false if the name is unknown.
int log_threshold_from_name(const char *name);

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
