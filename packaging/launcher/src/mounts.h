/* Mounts that are left over. */
#ifndef SAYA_MOUNTS_H
#define SAYA_MOUNTS_H

/* Unmounts what is mounted on the path, however often; never follows a symbolic link. */
void unmount_stack(const char *path);

/* Unmounts everything at and below a directory, the last mount first. -1: something is left. */
int unmount_below(const char *directory);

#endif
