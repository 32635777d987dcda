// Which methods there are.
#pragma once

#include <stdbool.h>

#include "call.h"

// The names of the services; a method refers to one of these.
extern const char agent_service[], health_service[], ports_service[];

// NULL if there is none; then service_known tells which half of the name was wrong.
const struct method *method_find(struct slice service, struct slice method, bool *service_known);
