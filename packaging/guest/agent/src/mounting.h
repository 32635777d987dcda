// Mounts as a Storage message describes them.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Mounts source on target with options given as words: known ones are flags, the others are handed to the file system.
// Makes the target (a directory, or a file if a file is bind mounted). False with a text in `error`.
bool mount_with_options(const char *source, const char *target, const char *type, char *const *options, size_t count, char *error,
                        size_t error_size);

// True if something is mounted exactly there; `type` (may be NULL) must match too.
bool is_mounted(const char *target, const char *type);
