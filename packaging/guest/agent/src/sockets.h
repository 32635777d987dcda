// Sockets in the guest that stand for sockets of the host: the host takes what connects to them.
#pragma once

#include "call.h"

enum {
    SOCKETS_LIMIT = 64,
    // Of connections, which the host holds as well. Others wait in the sockets' queues.
    SOCKET_CONNECTIONS_LIMIT = 32,
    SOCKET_PATH_SIZE = 64,
};

// Where an offered socket is; false for a number that none has.
bool socket_path(uint32_t number, char path[SOCKET_PATH_SIZE]);

void handle_serve_sockets(struct call *call, const void *message);
void handle_offer_socket(struct call *call, const void *message);
