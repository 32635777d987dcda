// Disks that the guest swaps to.
#pragma once

#include "call.h"

void handle_add_swap(struct call *call, const void *message);
void handle_add_swap_path(struct call *call, const void *message);
