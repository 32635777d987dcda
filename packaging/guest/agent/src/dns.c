#include "dns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "files.h"
#include "sandbox.h"

static const char target[] = "/etc/resolv.conf";
static const char copy[] = SANDBOX_DIRECTORY "/resolv.conf";

static void write_trimmed(FILE *file, const char *line) {
    line += strspn(line, " \t\r\n");
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r\n", line[length - 1]) != NULL) length--;
    fprintf(file, "%.*s\n", (int)length, line);
}

bool dns_apply(char *const *lines, size_t count, char *error, size_t error_size) {
    if (count == 0 || access(target, F_OK) < 0) return true;
    FILE *file = make_directories(SANDBOX_DIRECTORY) ? fopen(copy, "we") : NULL;
    bool written = file != NULL;
    for (size_t i = 0; written && i < count; i++) write_trimmed(file, lines[i]);
    if (file != NULL) written = fclose(file) == 0;
    if (written && mount(copy, target, NULL, MS_BIND, NULL) == 0) return true;
    snprintf(error, error_size, "%s over %s: %s", copy, target, strerror(errno));
    return false;
}
