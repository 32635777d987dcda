// UpdateInterface and ListInterfaces.
#pragma once

#include "call.h"

void handle_update_interface(struct call *call, const void *message);
void handle_list_interfaces(struct call *call, const void *message);
