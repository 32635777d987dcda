// A directory of kernel modules as depmod leaves it: the files, and the lists modules.dep (what each needs), modules.alias and
// modules.symbols (other names), modules.softdep (what should be there as well), modules.builtin (what the kernel has in itself).
#pragma once

#include <stddef.h>

enum module_result {
    MODULE_LOADED, // now, or it was, or the kernel has it built in
    MODULE_UNKNOWN,
    MODULE_FAILED,
};

// Loads a module by its own name or by another one, after all that it depends on. Blocks while files are read.
//
// `parameters` are for a module that was given by its own name. `error` names the file that could not be loaded, or the directory
// that knows no such module.
enum module_result module_tree_load(const char *directory, const char *name, const char *parameters, char *error, size_t error_size);
