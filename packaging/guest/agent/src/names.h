// Name service at an address of the loopback, whose answers the host gives. The host's name server for the pod listens on the loopback of
// the pod's network namespace, which no packet of the guest's reaches.
#pragma once

#include "call.h"

void handle_serve_names(struct call *call, const void *message);
