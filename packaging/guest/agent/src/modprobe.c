#include "modprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "modules.h"

// The kernel's own choice. It is also what programs in containers that bring a modprobe of their own read in
// /proc/sys/kernel/modprobe, so another place would have them look there.
static const char place[] = "/sbin/modprobe";

bool modprobe_is_meant(const char *program) {
    const char *name = strrchr(program, '/');
    return strcmp(name == NULL ? program : name + 1, "modprobe") == 0;
}

// The kernel starts its helpers below the very first root, on top of which init.c has put the one where all is mounted. Its parent
// directory leads there.
static bool enter_root(void) {
    return chdir("/..") == 0 && chroot(".") == 0;
}

static void tell_kernel_log(const char *text) {
    int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    dprintf(fd, "<4>modprobe: %s\n", text);
    close(fd);
}

// What nobody has is no news: the kernel asks for much that it can do without.
int modprobe_run(int count, char **words) {
    if (count < 2 || !enter_root()) return 1;
    char error[1024];
    enum module_result result = modules_demand(words[count - 1], error, sizeof error);
    if (result == MODULE_FAILED) tell_kernel_log(error);
    return result == MODULE_LOADED ? 0 : 1;
}

void modprobe_offer(void) {
    if (symlink("/init", place) < 0 && errno != EEXIST)
        log_warn("%s: %s; the kernel will load no modules by itself", place, strerror(errno));
}
