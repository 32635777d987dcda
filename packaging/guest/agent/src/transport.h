// The ways in: each hands connections to the server.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "loop.h"

// Serves the virtio-serial port `agent.channel.0` as soon as it is there; peers may come and go on it. `gave_up` is called if it
// does not come within ten seconds: then the guest has none.
void serial_open(void (*gave_up)(void));

// Listens on AF_VSOCK port 1024 for any peer, if the guest has vsock.
bool vsock_listen(void);

// Listens on a Unix socket, for tests on the host. The path must not exist.
bool unix_listen(const char *path);

// Any listener: `accept_ready` is called when there is a connection to accept. False if it cannot listen.
bool listen_vsock(struct watch *watch, unsigned port, void (*accept_ready)(struct watch *watch, uint32_t events));
bool listen_unix(struct watch *watch, const char *path, void (*accept_ready)(struct watch *watch, uint32_t events));

// Runs `done` when what is queued for the peers has been written, or after a second.
void transport_flush(void (*done)(void));
