// What the kernel command line tells the agent. Unknown words are not ours.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct options {
    uint32_t hotplug_timeout_ms;  // agent.hotplug_timeout, whole seconds or a duration like 10s; default 3 s
    uint32_t container_pipe_size; // agent.container_pipe_size, bytes; 0 is the kernel's default for input, 1 MiB for output
    bool debug_console;           // agent.debug_console
    uint32_t debug_console_vport; // agent.debug_console_vport; 0 puts the shell on the console
    uint32_t log_vport;           // agent.log_vport; 0 is the console only
    bool vsock_peers_any_port;    // agent.vsock_peers=host: whoever can connect on the host may; a vsock daemon's ports say nothing
};

extern struct options options;

// Applies the words of a kernel command line; a known word with a value that makes no sense is logged and left out.
void options_parse(const char *command_line);
