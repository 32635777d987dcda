#include "start_error.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char beginning[] = "unable to start container process: ";

// The text between two known parts; what follows the second is in *rest.
static bool between(const char *text, const char *before, const char *after, char *middle, size_t size, const char **rest) {
    if (strncmp(text, before, strlen(before)) != 0) return false;
    const char *start = text + strlen(before), *end = strstr(start, after);
    if (end == NULL || (size_t)(end - start) >= size) return false;
    memcpy(middle, start, (size_t)(end - start));
    middle[end - start] = 0;
    *rest = end + strlen(after);
    return true;
}

// The C library's names of errors begin with a capital, Go's do not.
static void reason_of(const char *text, char *reason, size_t size) {
    snprintf(reason, size, "%s", text);
    reason[0] = (char)tolower((unsigned char)reason[0]);
}

static void reword_program(const char *program, const char *reason, char *text, size_t size) {
    if (strchr(program, '/') == NULL)
        snprintf(text, size, "exec: \"%s\": executable file not found in $PATH", program);
    else if (strcmp(reason, "operation not permitted") == 0) // crun's word for what is no regular file
        snprintf(text, size, "exec: \"%s\": permission denied (is a directory)", program);
    else if (strcmp(reason, "permission denied") == 0)
        snprintf(text, size, "exec: \"%s\": permission denied", program);
    else
        snprintf(text, size, "exec: \"%s\": stat %s: %s", program, program, reason);
}

static void reword(const char *program, const char *said, char *text, size_t size) {
    char first[512], second[512], reason[256];
    const char *rest;
    if (between(said, "executable file `", "` not found in $PATH", first, sizeof first, &rest)) {
        reword_program(program, "no such file or directory", text, size);
    } else if (between(said, "open executable", ": ", first, sizeof first, &rest)) {
        reason_of(rest, reason, sizeof reason);
        reword_program(program, reason, text, size);
    } else if (between(said, "chdir `", "`: ", first, sizeof first, &rest)) {
        reason_of(rest, reason, sizeof reason);
        snprintf(text, size, "chdir to cwd (\"%s\") set in config.json failed: %s", first, reason);
    } else if (between(said, "setrlimit `", "`: ", first, sizeof first, &rest)) {
        reason_of(rest, reason, sizeof reason);
        snprintf(text, size, "error setting rlimits for process: error setting rlimit %s: %s", first, reason);
    } else if (between(said, "invalid rlimit `", "`", first, sizeof first, &rest)) {
        snprintf(text, size, "wrong rlimit value: %s", first);
    } else if (between(said, "mount `", "` to `", first, sizeof first, &rest) && between(rest, "", "`: ", second, sizeof second, &rest)) {
        reason_of(rest, reason, sizeof reason);
        snprintf(text, size, "error during container init: error mounting \"%s\" to rootfs at \"/%s\": mount %s:/%s: %s", first, second,
                 first, second, reason);
    } else if (between(said, "error stat'ing file `", "`: ", first, sizeof first, &rest)) {
        reason_of(rest, reason, sizeof reason);
        snprintf(text, size, "error during container init: error mounting \"%s\" to rootfs: stat %s: %s", first, first, reason);
    } else if (between(said, "the sysctl `", "` is not namespaced", first, sizeof first, &rest)) {
        snprintf(text, size, "sysctl \"%s\" is not in a separate kernel namespace", first);
    } else if (between(said, "write to ", ": ", first, sizeof first, &rest)) {
        reason_of(rest, reason, sizeof reason);
        snprintf(text, size, "error during container init: write %s: %s", first, reason);
    } else {
        snprintf(text, size, "%s", said);
    }
}

void start_error_reword(const Grpc__Process *process, char *text, size_t size) {
    char said[1024], words[4096];
    snprintf(said, sizeof said, "%s", text);
    reword(process->n_args > 0 ? process->args[0] : "", said, words, sizeof words);
    snprintf(text, size, "%s%s", beginning, words);
}
