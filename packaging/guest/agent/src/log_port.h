// The agent's log for a host that listens to it: one JSON object per line, on a vsock port, for one reader at a time.
#pragma once

#include <stdbool.h>

// False if it cannot listen.
bool log_port_on_vsock(unsigned port);
bool log_port_on_unix(const char *path);
