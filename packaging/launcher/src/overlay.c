#include "overlay.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LOWER "lowerdir="

/* Where the value of lowerdir begins, and its length; NULL without one. */
static const char *lower_directories(const char *options, size_t *length) {
    const char *p = options;
    while ((p = strstr(p, LOWER)) && p != options && p[-1] != ',') p++;
    if (!p) return NULL;
    p += strlen(LOWER);
    *length = strcspn(p, ",");
    return p;
}

/* The length of the longest prefix that ends with '/' and that all paths of the list share. */
static size_t common_parent(const char *list, size_t length) {
    size_t first = strcspn(list, ":,");
    size_t common = first < length ? first : length;
    for (size_t begin = 0; begin < length;) {
        size_t i = 0;
        while (i < common && begin + i < length && list[begin + i] == list[i]) i++;
        common = i;
        const char *colon = memchr(list + begin, ':', length - begin);
        if (!colon) break;
        begin = (size_t)(colon - list) + 1;
    }
    while (common > 0 && list[common - 1] != '/') common--;
    return common;
}

int overlay_shorten(const char *options, char *directory, size_t directory_size, char *shorter, size_t shorter_size) {
    size_t length = 0;
    const char *list = lower_directories(options, &length);
    /* A backslash escapes what separates paths: such paths are left alone. */
    if (!list || list[0] != '/' || memchr(list, '\\', length)) return 0;
    size_t common = common_parent(list, length);
    if (common < 2 || common >= directory_size || strlen(options) >= shorter_size) return 0;
    snprintf(directory, directory_size, "%.*s", (int)common, list);

    size_t n = (size_t)(list - options);
    memcpy(shorter, options, n);
    bool begins = true;
    for (size_t i = 0; i < length; i++) {
        if (begins) i += common;
        begins = false;
        if (i >= length || list[i] == ':') { /* the parent itself is a layer */
            if (n > 0 && (shorter[n - 1] == ':' || shorter[n - 1] == '=')) shorter[n++] = '.';
            if (i >= length) break;
            begins = true;
        }
        shorter[n++] = list[i];
    }
    snprintf(shorter + n, shorter_size - n, "%s", list + length);
    return 1;
}
