/* Small file operations that more than one part needs. */
#ifndef SAYA_FILES_H
#define SAYA_FILES_H

#include <stdbool.h>
#include <sys/types.h>

#include "bytes.h"

/* Milliseconds of a clock that never goes back. */
long long now_ms(void);

/* Reads a whole file of at most `limit` bytes, and a NUL that the length does not count; -1 and errno
 * (EFBIG: longer). */
int file_read(const char *path, size_t limit, struct bytes *content);

/* Replaces a file atomically (a temporary file beside it, then rename). */
int file_replace(const char *path, mode_t mode, const void *data, size_t length);

/* mkdir -p; directories made on the way get the same mode. */
int directory_make(const char *path, mode_t mode);

bool directory_empty(const char *path);

/* Removes a tree without following symbolic links and without entering other file systems; NULL or the name of
 * one entry of it that stays, and with it the directory. */
int directory_remove(const char *path, const char *kept);

/* Go's path.Clean: no doubled slash, no ".", ".." resolved by text. `out` must have room for the input. */
void path_clean(const char *path, char *out);

/* Takes an exclusive flock, waiting at most so long; -1 and errno (ETIMEDOUT). */
int lock_within(int fd, int milliseconds);

/* Writes everything or fails. */
int write_all(int fd, const void *data, size_t length);

/* Field 22 of /proc/PID/stat: with the pid it names one process for ever. 0: no such process. */
unsigned long long process_start_time(pid_t pid);

#endif
