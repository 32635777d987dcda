// Calls about what is mounted.
#pragma once

#include "call.h"

void handle_get_volume_stats(struct call *call, const void *message);
void handle_update_ephemeral_mounts(struct call *call, const void *message);
void handle_remove_stale_virtiofs_share_mounts(struct call *call, const void *message);
void handle_get_diagnostic_data(struct call *call, const void *message);
