/* Overlay mounts of images with many layers. */
#ifndef SAYA_OVERLAY_H
#define SAYA_OVERLAY_H

#include <stddef.h>

/* The kernel copies at most one page of mount options, and fifty layers' paths do not fit. If the options
 * are too long and the lower directories have a parent directory in common, `directory` becomes that parent and
 * `shorter` the options with paths relative to it; the mount is then made with it as the working directory.
 * Returns 1 if so, 0 if the options stay as they are. */
int overlay_shorten(const char *options, char *directory, size_t directory_size, char *shorter, size_t shorter_size);

#endif
