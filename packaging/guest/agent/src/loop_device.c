#include "loop_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "modules.h"

// Somebody else (a container with a loop device of its own) may take the free number first.
enum { TRIES = 16 };

static int fail(char *error, size_t size, const char *file, const char *what) {
    snprintf(error, size, "loop device for %s: %s: %s", file, what, strerror(errno));
    return -1;
}

// Attaches the backing file to the device called `name`; a descriptor, or -1 with errno.
static int configure(const char *name, int backing, bool read_only) {
    int device = open(name, O_RDWR | O_CLOEXEC);
    if (device < 0) return -1;
    // Direct: the file system on the device has its pages in memory already, a second copy of them would count for the pod.
    struct loop_config config = {.fd = (uint32_t)backing,
                                 .info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO | (read_only ? LO_FLAGS_READ_ONLY : 0)};
    if (ioctl(device, LOOP_CONFIGURE, &config) == 0) return device;
    int saved = errno;
    close(device);
    errno = saved;
    return -1;
}

// Takes the first free device.
static int attach(int control, int backing, bool read_only, char *device, size_t size) {
    for (int i = 0; i < TRIES; i++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0) return -1;
        snprintf(device, size, "/dev/loop%d", number);
        int fd = configure(device, backing, read_only);
        if (fd >= 0 || errno != EBUSY) return fd;
    }
    return -1;
}

int loop_device_attach(const char *file, bool read_only, char *device, size_t size, char *error, size_t error_size) {
    if (!module_load_by_name("loop", NULL, 0, error, error_size)) return -1;
    snprintf(device, size, "/dev/loop-control");
    int control = open(device, O_RDWR | O_CLOEXEC);
    if (control < 0) return fail(error, error_size, file, device);
    int backing = open(file, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW);
    if (backing < 0) {
        fail(error, error_size, file, "open");
        close(control);
        return -1;
    }
    int fd = attach(control, backing, read_only, device, size);
    if (fd < 0) fail(error, error_size, file, device);
    close(backing);
    close(control);
    return fd;
}
