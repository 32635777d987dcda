// The writable end of a process's stdin, and the Write calls that wait for it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "call.h"
#include "list.h"
#include "loop.h"

struct input {
    struct watch watch; // one shot: armed only while somebody waits
    struct list writers;
    int fd;       // -1 if there is none, or once it is closed
    bool closing; // close when everything taken has been written
    bool socket;  // others have it open as well: its end is to be said
};

void input_init(struct input *input);

// Takes over a non-blocking descriptor.
void input_open(struct input *input, int fd);

// The same for a socket: the peer sees the end even though somebody still reads from it.
void input_open_socket(struct input *input, int fd);

// Answers the call when all bytes have been written (nothing at once). They must stay valid until then; they belong to the request.
void input_write(struct input *input, struct call *call, const uint8_t *bytes, size_t length);

// The process sees the end after what was written before.
void input_finish(struct input *input);

// Closes at once; those who wait get an error.
void input_close(struct input *input);
