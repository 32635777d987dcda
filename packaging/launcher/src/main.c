/* containerd-shim-saya-v2: what containerd executes. Everything that needs no Java is done here. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "actions.h"
#include "version.h"

/* A caller that closed one of the three would have a socket take its number. */
static void fill_standard_descriptors(void) {
    int fd;
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO) // NOLINT(android-cloexec-open): they stay
        ;
    if (fd >= 0) close(fd);
}

int main(int argc, char **argv) {
    struct flags flags;
    struct fault f;
    fill_standard_descriptors();
    signal(SIGPIPE, SIG_IGN); /* a caller that is gone is an error of write */
    if (flags_parse(argc, argv, &flags, &f) != 0) {
        fprintf(stderr, "saya: %s\n", f.text);
        return 1;
    }
    if (flags.version) {
        printf("%s:\n  Version:  %s\n  Revision: %s\n", argv[0], SAYA_VERSION, SAYA_REVISION);
        return 0;
    }
    if (flags.info) return action_info();
    if (strcmp(flags.action, "features") == 0) return action_features();
    if (strcmp(flags.action, "start") == 0) return action_start(&flags, argc, argv);
    if (strcmp(flags.action, "delete") == 0) return action_delete(&flags);
    if (strcmp(flags.action, "cleanup") == 0) return action_cleanup(&flags);
    if (strcmp(flags.action, "ports") == 0) return action_ports(&flags);
    if (strcmp(flags.action, "links") == 0) return action_links(&flags);
    if (strcmp(flags.action, "names") == 0) return action_names(&flags);
    if (strcmp(flags.action, "sockets") == 0) return action_sockets(&flags);
    if (strcmp(flags.action, "cores") == 0) return action_cores(&flags);
    if (strcmp(flags.action, "devices") == 0) return action_devices(&flags);
    if (strcmp(flags.action, "pages") == 0) return action_pages(&flags);
    fprintf(stderr, "saya: action \"%s\" (expected: start or delete; containerd calls this program)\n", flags.action);
    return 1;
}
