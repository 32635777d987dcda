// The "linux" part of a specification.
#pragma once

#include "spec_json.h"

void linux_json(struct json *json, const Grpc__Linux *linux, const struct spec_context *context);
