#define _GNU_SOURCE
#include "pci.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "files.h"

#define BUS "/sys/bus/pci"

/* DDDD:DD:DD.D, and no more: it becomes a part of paths. */
static bool is_address(const char *text) {
    static const char form[] = "xxxx:xx:xx.x";
    if (strlen(text) != sizeof form - 1) return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == 'x' ? !strchr("0123456789abcdef", text[i]) : form[i] != text[i]) return false;
    return true;
}

static bool is_name(const char *text) {
    return strlen(text) < 64 && !strchr(text, '/') && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static int put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int result = write_all(fd, text, strlen(text));
    close(fd);
    return result;
}

int pci_give_back(const char *address, const char *driver) {
    if (!is_address(address) || !is_name(driver)) return -1;
    char path[PATH_MAX], target[PATH_MAX];
    snprintf(path, sizeof path, BUS "/devices/%s", address);
    if (access(path, F_OK) != 0) return 0;
    snprintf(path, sizeof path, BUS "/devices/%s/driver_override", address);
    int result = put(path, "\n");
    snprintf(path, sizeof path, BUS "/devices/%s/driver", address);
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n > 0) {
        target[n] = 0;
        const char *slash = strrchr(target, '/');
        if (strcmp(slash ? slash + 1 : target, driver) == 0) return result;
        snprintf(path, sizeof path, BUS "/devices/%s/driver/unbind", address);
        result |= put(path, address);
    }
    if (*driver) {
        snprintf(path, sizeof path, BUS "/drivers/%s/bind", driver);
        result |= put(path, address);
    }
    return result;
}
