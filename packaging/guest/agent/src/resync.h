// Finding a new peer's first frame in what looked like the rest of the old one's last.
//
// On a serial port the host can be exchanged for another one between two looks at it. A frame that the old one left half sent then
// swallows what the new one sends. It shows by the frame not getting on; its bytes are searched for whole requests that begin
// with stream 1 and reach exactly to the end, which is what a new peer sends before it waits for its first answer. Only when a frame
// has stalled is this looked for: data on its way to a program may well look like frames.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

// True if there are such frames; offset is where they begin.
bool resync_find(const uint8_t *bytes, size_t length, size_t *offset);

// The bytes of a frame begun, header included, in new memory; NULL if there is none, or none are kept.
uint8_t *resync_bytes(const struct frame_parser *parser, size_t *length);
