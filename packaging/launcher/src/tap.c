#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "child.h"

/* The numbers of the character device of a macvtap stand in the sysfs of its network namespace only. */
static dev_t macvtap_device(const char *interface, int result) {
    char path[128];
    unsigned major_number, minor_number;
    snprintf(path, sizeof path, "/sys/class/net/%s/tap%u/dev", interface, if_nametoindex(interface));
    FILE *file = fopen(path, "re");
    if (!file || fscanf(file, "%u:%u", &major_number, &minor_number) != 2) child_fail(result, "macvtap", interface);
    fclose(file);
    return makedev(major_number, minor_number);
}

/* Opens it in a mount namespace of its own, with the right sysfs and a device file of its own: /dev/tapN of the host may be
 * absent, or that of another namespace's interface with the same index. Then returns to where it was. */
static int open_macvtap(const char *interface, int result) {
    int home = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (home < 0 || unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) != 0 ||
        mount("saya", "/sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL) != 0)
        child_fail(result, "sysfs for macvtap", interface);
    dev_t device = macvtap_device(interface, result);
    if (mount("saya", "/sys", "tmpfs", MS_NOSUID | MS_NOEXEC, "size=64k") != 0 || mknod("/sys/tap", S_IFCHR | 0600, device) != 0)
        child_fail(result, "device file of macvtap", interface);
    int fd = open("/sys/tap", O_RDWR | O_CLOEXEC);
    if (fd < 0 || setns(home, CLONE_NEWNS) != 0) child_fail(result, "macvtap", interface);
    close(home);
    return fd;
}

void descriptor_open_tap(const struct descriptor *d, int result) {
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    if (strlen(d->path) >= sizeof request.ifr_name || strchr(d->path, '/')) {
        errno = ENAMETOOLONG;
        child_fail(result, "tap", d->path);
    }
    memcpy(request.ifr_name, d->path, strlen(d->path) + 1);
    if (d->kind == DESCRIPTOR_TAP_QUEUE) request.ifr_flags |= IFF_MULTI_QUEUE;
    int fd = d->kind == DESCRIPTOR_MACVTAP ? open_macvtap(d->path, result) : open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (d->kind == DESCRIPTOR_MACVTAP) /* a macvtap has as many queues as it is opened, and no name to be given */
        request = (struct ifreq){.ifr_flags = request.ifr_flags | IFF_MULTI_QUEUE};
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0 || dup2(fd, d->fd) < 0) child_fail(result, "tap", d->path);
    close(fd);
}
