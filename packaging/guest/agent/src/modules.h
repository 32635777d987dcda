// Kernel modules.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "module_tree.h"

// Loads the modules named in a file, one absolute path per line, in this order. A module that fails is logged and skipped.
void modules_load(const char *order_path);

// The same for modules that the channel to the host does not need: one at each turn of the loop, so that the first request is not
// kept waiting. `done` is called when all have been tried.
void modules_load_later(const char *order_path, void (*done)(void));

// Loads what is left of them now: a request is about to need them.
void modules_finish(void);

// Loads a module for the kernel that asks for it, by whichever name; see module_tree_load.
enum module_result modules_demand(const char *name, char *error, size_t error_size);

// Loads one module by name, with parameters, after what it depends on: one of the guest image, or else of those that the host shows
// once the sandbox's storages are mounted. False with a text in `error`.
bool module_load_by_name(const char *name, char *const *parameters, size_t count, char *error, size_t error_size);

// Loads, once, what a container that may set up firewalls cannot have loaded by asking the kernel. What is not there is left out.
void modules_for_firewalls(void);
