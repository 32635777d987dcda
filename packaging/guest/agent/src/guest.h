// Calls about the guest itself rather than about containers.
#pragma once

#include "call.h"

void handle_check(struct call *call, const void *message);
void handle_version(struct call *call, const void *message);
void handle_get_guest_details(struct call *call, const void *message);
void handle_set_guest_date_time(struct call *call, const void *message);
void handle_reseed_random_dev(struct call *call, const void *message);
