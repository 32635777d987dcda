// The limits of a container.
#pragma once

#include "spec_json.h"

// The resources of a container that is created, with the rules for its devices.
void container_resources_json(struct json *json, const Grpc__Linux *linux, bool default_devices);
