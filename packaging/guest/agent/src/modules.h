// Kernel modules.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Loads the modules named in a file, one absolute path per line, in this order. A module that fails is logged and skipped.
void modules_load(const char *order_path);

// The same for modules that the channel to the host does not need: one at each turn of the loop, so that the first request is not
// kept waiting. `done` is called when all have been tried.
void modules_load_later(const char *order_path, void (*done)(void));

// Loads what is left of them now: a request is about to need them.
void modules_finish(void);

// Loads one module of the guest image by name, with parameters; what it depends on must be loaded. False with a text in `error`.
bool module_load_by_name(const char *name, char *const *parameters, size_t count, char *error, size_t error_size);
