// StatsContainer: what a container's cgroup has used.
#pragma once

#include "call.h"

void handle_stats_container(struct call *call, const void *message);
