// Connections to ports of the guest, which port-forward asks for. Their bytes go through the calls for a process's streams.
#pragma once

#include "call.h"
#include "input.h"
#include "output.h"

// A client that never disconnects must not use up the descriptors.
enum { PORT_CONNECTIONS_LIMIT = 64 };

struct port_connection {
    struct list link;
    char *id;
    struct input input;
    struct output output;
    void (*closed)(void); // told when it is forgotten; such a one counts elsewhere
};

// The connection that a call for streams means, NULL if it means none.
struct port_connection *port_connection_find(const char *container_id, const char *exec_id);

// Takes over a socket, which is not to block, as a connection of this name; false, and it is closed, for want of memory. `closed` may be
// NULL.
bool port_connection_keep(const char *id, int fd, void (*closed)(void));

// Closes one; one that is not there is fine.
void port_connection_forget(const char *id);

void handle_connect(struct call *call, const void *message);
void handle_disconnect(struct call *call, const void *message);
