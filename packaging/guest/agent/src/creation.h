// CreateContainer: devices, storages, the specification, crun create.
#pragma once

#include "call.h"

void handle_create_container(struct call *call, const void *message);
