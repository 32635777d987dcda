// GetMetrics: the agent and the guest in Prometheus' text format.
#pragma once

#include "call.h"

void handle_get_metrics(struct call *call, const void *message);
