// OnlineCPUMem and MemHotplugByProbe: processors and memory that were added to the running machine.
#pragma once

#include "call.h"

void handle_online_cpu_mem(struct call *call, const void *message);
void handle_mem_hotplug_by_probe(struct call *call, const void *message);
