// Kernel modules.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Loads the modules named in a file, one absolute path per line, in this order. A module that fails is logged and skipped.
void modules_load(const char *order_path);

// Loads one module of the guest image by name, with parameters; what it depends on must be loaded. False with a text in `error`.
bool module_load_by_name(const char *name, char *const *parameters, size_t count, char *error, size_t error_size);
