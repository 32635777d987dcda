// Small files, as the kernel has them in /proc and /sys.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Reads at most size - 1 bytes and ends them with 0; -1 with errno on failure.
ssize_t read_text(const char *path, char *text, size_t size);

// As above, without the line end.
bool read_word(const char *path, char *word, size_t size);

// Reads a decimal number; "max" is UINT64_MAX. False if there is none.
bool read_number(const char *path, uint64_t *number);

// Writes all of it into an existing file; false with errno on failure.
bool write_text(const char *path, const char *text);

// Makes a directory and what is missing above it, mode 0755.
bool make_directories(const char *path);

// Removes a file or directory with all in it, without following links or crossing into mounts below it.
void remove_tree(const char *path);

// Opens what lies below a directory, never through a symbolic link. -1 with errno on failure.
int open_below(int directory, const char *path, int flags, mode_t mode);
