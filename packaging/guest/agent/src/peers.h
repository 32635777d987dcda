// All connections there are, so that something can wait until every peer has got its replies.
#pragma once

#include "connection.h"

// A connection that is not open yet, or NULL: no memory, or 64 peers already.
struct connection *peer_new(void);
// Closes and frees it.
void peer_free(struct connection *connection);
