// UpdateContainer: new limits for a container that runs.
#pragma once

#include "call.h"

void handle_update_container(struct call *call, const void *message);
