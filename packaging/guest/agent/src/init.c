#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "kernel_settings.h"
#include "log.h"
#include "modules.h"

static const struct {
    const char *source, *target, *type;
    unsigned long flags;
    const char *data;
} mounts[] = {
    {"devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755"},
    {"proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
    {"sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
    {"devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=0620,ptmxmode=0666"},
    {"shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"},
    {"tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755"},
    {"cgroup2", CGROUP_ROOT, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME, "nsdelegate"},
};

// The root of an initramfs has no parent mount, so pivot_root refuses to leave it. A bind mount of it, moved on top of it, is an
// ordinary root: containers are then confined by pivot_root rather than by a chroot.
static void make_root_pivotable(void) {
    static const char place[] = "/.root";
    if ((mkdir(place, 0700) < 0 && errno != EEXIST) || mount("/", place, NULL, MS_BIND, NULL) < 0 || chdir(place) < 0 ||
        mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
        log_error("root for pivot_root: %s", strerror(errno));
}

// crun must not run from a file that a container could write to through /proc; unless it sees that nobody can, it executes itself
// once more from a protected copy, which doubles the time that every one of its runs takes.
static void protect_programs(void) {
    if (mount("/usr", "/usr", NULL, MS_BIND, NULL) < 0 || mount(NULL, "/usr", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
        log_warn("/usr read-only: %s", strerror(errno));
}

static void mount_file_systems(void) {
    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
        mkdir(mounts[i].target, 0755);
        if (mount(mounts[i].source, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].data) < 0 && errno != EBUSY)
            log_error("mount %s: %s", mounts[i].target, strerror(errno));
    }
    static const struct {
        const char *target, *path;
    } links[] = {{"/proc/self/fd", "/dev/fd"}, {"fd/0", "/dev/stdin"}, {"fd/1", "/dev/stdout"}, {"fd/2", "/dev/stderr"}};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        if (symlink(links[i].target, links[i].path) < 0 && errno != EEXIST) log_error("link %s: %s", links[i].path, strerror(errno));
}

// An initramfs without a /dev/console starts its init with no descriptors at all.
static void open_console(void) {
    int fd = open("/dev/console", O_RDWR | O_NOCTTY); // NOLINT(android-cloexec-open): may be one of the three
    if (fd < 0) return;
    for (int target = 0; target <= 2; target++)
        if (fd != target) dup2(fd, target);
    if (fd > 2) close(fd);
}

static void loopback_up(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0) log_error("loopback: %s", strerror(errno));
    if (fd >= 0) close(fd);
}

void init_guest(void) {
    make_root_pivotable();
    mount_file_systems();
    protect_programs();
    open_console();
    setsid();
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    kernel_settings_make();
    modules_load("/lib/modules/order");
    loopback_up();
}

void power_off(void) {
    sync();
    switch_off();
}

void switch_off(void) {
    reboot(RB_POWER_OFF);
    log_error("power off: %s", strerror(errno)); // a pid namespace's init gets here: its end is the end of the namespace
    _exit(0);
}
