// UpdateRoutes, ListRoutes and AddARPNeighbors.
#pragma once

#include "call.h"

void handle_update_routes(struct call *call, const void *message);
void handle_list_routes(struct call *call, const void *message);
void handle_add_arp_neighbors(struct call *call, const void *message);
