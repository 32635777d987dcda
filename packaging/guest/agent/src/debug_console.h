// A shell in the guest for whoever operates it. Only there if the kernel command line asks for it.
#pragma once

#include <stdbool.h>

// A shell on /dev/console, started again whenever it ends.
void debug_console_on_console(void);

// A shell on a terminal of its own for each connection: on a vsock port, or a Unix socket for tests. False if it cannot listen.
bool debug_console_on_vsock(unsigned port);
bool debug_console_on_unix(const char *path);
