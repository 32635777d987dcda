#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "children.h"
#include "files.h"
#include "init.h"
#include "device.h"
#include "log.h"
#include "loop.h"
#include "modules.h"
#include "oom.h"
#include "options.h"
#include "sandbox.h"
#include "transport.h"

static void read_kernel_command_line(void) {
    char line[4096];
    if (read_text("/proc/cmdline", line, sizeof line) > 0) options_parse(line);
}

static bool serial;

static void modules_loaded(void) {
    if (!vsock_listen() && !serial)
        log_error("neither a serial port agent.channel.0 nor vsock was found: nobody can reach this agent");
}

// The first request is answered as early as possible; the rest of the modules is loaded while the host digests the answer.
static int serve(void) {
    serial = serial_open();
    modules_load_later("/lib/modules/later", modules_loaded);
    return loop_run();
}

static int usage(void) {
    fprintf(stderr, "usage: saya-agent --listen unix:PATH\n"
                    "Without arguments the agent must be the first process of a guest.\n");
    return 2;
}

int main(int count, char **arguments) {
    bool first_process = count == 1 && getpid() == 1;
    const char *path = count == 3 && strcmp(arguments[1], "--listen") == 0 && strncmp(arguments[2], "unix:", 5) == 0
                           ? arguments[2] + 5
                           : NULL;
    if (!first_process && path == NULL) return usage();

    signal(SIGPIPE, SIG_IGN);
    if (first_process) init_guest();
    if (!descriptors_reserve() || !loop_init() || !children_init() || !oom_init()) {
        log_error("start: %s", strerror(errno));
        return 1;
    }
    read_kernel_command_line();
    device_events_init();
    sandbox_init(first_process);
    int code = 1;
    if (first_process)
        code = serve();
    else if (unix_listen(path))
        code = loop_run();
    if (first_process) power_off();
    return code;
}
