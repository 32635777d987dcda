#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "children.h"
#include "debug_console.h"
#include "device.h"
#include "files.h"
#include "init.h"
#include "log.h"
#include "log_port.h"
#include "loop.h"
#include "modprobe.h"
#include "modules.h"
#include "oom.h"
#include "options.h"
#include "reclaim.h"
#include "sandbox.h"
#include "socket_mount.h"
#include "transport.h"

// ---- as the guest's first process

static bool vsock;

static void no_serial_port(void) {
    if (!vsock) log_error("neither a serial port agent.channel.0 nor vsock was found: nobody can reach this agent");
}

static void modules_loaded(void) {
    vsock = vsock_listen();
    if (options.log_vport != 0) log_port_on_vsock(options.log_vport);
    if (options.debug_console && options.debug_console_vport != 0) debug_console_on_vsock(options.debug_console_vport);
}

// The first request is answered as early as possible; the rest of the modules is loaded while the host digests the answer.
static int serve_host(void) {
    serial_open(no_serial_port);
    modules_load_later("/lib/modules/later", modules_loaded);
    if (options.debug_console && options.debug_console_vport == 0) debug_console_on_console();
    loop_run();
    power_off();
}

// ---- as an ordinary process

struct arguments {
    const char *listen, *debug_console, *log;
};

static bool parse_arguments(int count, char **words, struct arguments *arguments) {
    static const struct option known[] = {
        {"listen", required_argument, NULL, 'l'},
        {"debug-console", required_argument, NULL, 'd'},
        {"log", required_argument, NULL, 'o'},
        {0},
    };
    *arguments = (struct arguments){0};
    for (int option; (option = getopt_long(count, words, "", known, NULL)) != -1;) {
        if (option == '?' || strncmp(optarg, "unix:", 5) != 0) return false;
        const char **path = option == 'l' ? &arguments->listen : option == 'd' ? &arguments->debug_console : &arguments->log;
        *path = optarg + 5;
    }
    return optind == count && arguments->listen != NULL;
}

static int usage(void) {
    fprintf(stderr, "usage: saya-agent --listen unix:PATH [--debug-console unix:PATH] [--log unix:PATH]\n"
                    "Without arguments the agent must be the first process of a guest.\n");
    return 2;
}

static int serve_unix(const struct arguments *arguments) {
    if ((arguments->debug_console != NULL && !debug_console_on_unix(arguments->debug_console)) ||
        (arguments->log != NULL && !log_port_on_unix(arguments->log)) || !unix_listen(arguments->listen))
        return 1;
    return loop_run();
}

// ----

static void read_kernel_command_line(void) {
    char line[4096];
    if (read_text("/proc/cmdline", line, sizeof line) > 0) options_parse(line);
}

int main(int count, char **words) {
    if (count > 0 && modprobe_is_meant(words[0])) return modprobe_run(count, words);
    if (count > 0 && reclaim_is_meant(words[0])) return reclaim_run(count, words);
    if (count > 0 && socket_mount_is_meant(words[0])) socket_mount_run(count, words);
    bool first_process = count == 1 && getpid() == 1;
    struct arguments arguments;
    if (!first_process && !parse_arguments(count, words, &arguments)) return usage();
    signal(SIGPIPE, SIG_IGN);
    if (first_process) init_guest();
    if (!descriptors_reserve() || !loop_init() || !children_init() || !oom_init()) {
        log_error("start: %s", strerror(errno));
        return 1;
    }
    read_kernel_command_line();
    device_events_init();
    sandbox_init(first_process);
    return first_process ? serve_host() : serve_unix(&arguments);
}
