// The ways in: each hands connections to the server.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "loop.h"

// Serves the virtio-serial port `agent.channel.0` as soon as it is there; peers may come and go on it. `gave_up` is called if it
// does not come within ten seconds: then the guest has none.
void serial_open(void (*gave_up)(void));

// Listens on AF_VSOCK port 1024, if the guest has vsock.
bool vsock_listen(void);

// Listens on a Unix socket, for tests on the host. The path must not exist.
bool unix_listen(const char *path);

// Whether a peer is root of the host, which is all that AF_VSOCK tells of peers; by options.vsock_peers_any_port anybody of the host.
bool vsock_peer_trusted(uint32_t cid, uint32_t port);

// Takes the next connection of a listener; -1 if there is none any more, or it was a stranger's, which is closed.
int accept_trusted(const struct watch *watch);

// Any listener: `accept_ready` is called when there is a connection to accept. False if it cannot listen.
bool listen_vsock(struct watch *watch, unsigned port, void (*accept_ready)(struct watch *watch, uint32_t events));
bool listen_unix(struct watch *watch, const char *path, void (*accept_ready)(struct watch *watch, uint32_t events));

// Runs `done` when what is queued for the peers has been written, or after a second.
void transport_flush(void (*done)(void));
