#define _GNU_SOURCE
#include "mounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#define STACK_LIMIT 64

void unmount_stack(const char *path) {
    for (int i = 0; i < STACK_LIMIT && umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0; i++)
        ;
}

/* mountinfo writes blanks and backslashes as three octal digits. */
static void unescape(char *text) {
    char *out = text;
    for (char *p = text; *p; p++) {
        if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' && p[3] <= '7') {
            *out++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
            p += 3;
        } else {
            *out++ = *p;
        }
    }
    *out = 0;
}

/* The mount point of a line of mountinfo, if it lies in the directory. */
static char *mount_point_in(char *line, const char *directory) {
    char *save = NULL, *point = strtok_r(line, " ", &save);
    for (int field = 1; point && field < 5; field++) point = strtok_r(NULL, " ", &save);
    if (!point) return NULL;
    unescape(point);
    size_t length = strlen(directory);
    return strncmp(point, directory, length) == 0 && (point[length] == '/' || point[length] == 0) ? point : NULL;
}

int unmount_below(const char *directory) {
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    if (!mounts) return -1;
    char **points = NULL, *line = NULL;
    size_t count = 0, size = 0;
    while (getline(&line, &size, mounts) > 0) {
        char *point = mount_point_in(line, directory);
        char **grown = point ? realloc(points, (count + 1) * sizeof *points) : NULL;
        if (!grown) continue;
        points = grown;
        points[count] = strdup(point);
        if (points[count]) count++;
    }
    free(line);
    fclose(mounts);
    int result = 0;
    while (count-- > 0) {
        if (umount2(points[count], MNT_DETACH | UMOUNT_NOFOLLOW) != 0) result = -1;
        free(points[count]);
    }
    free(points);
    return result;
}
