// Which methods there are.
#pragma once

#include <stdbool.h>

#include "call.h"

// NULL if there is none; then service_known tells which half of the name was wrong.
const struct method *method_find(struct slice service, struct slice method, bool *service_known);
