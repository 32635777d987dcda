// The readable end of a process's stdout or stderr, and the Read calls that wait for it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "call.h"
#include "connection.h"
#include "list.h"
#include "loop.h"

struct output {
    struct watch watch; // one shot: armed only while somebody waits
    struct list readers;
    struct starvation starvation;
    struct timer quiet;
    int fd; // -1 if there is none, or once it has ended
    // The process has exited. Then "nothing to read" is taken for the end after a while even if someone it left behind still
    // holds the other end.
    bool writer_exited;
    bool settled;
    uint64_t taken; // how many bytes were read
    // The last of them, which readers by position may ask for again: their peer may go before it has them where they belong.
    struct list kept; // in the frames that they were sent in, by their order
    unsigned kept_frames;
    size_t kept_length;
    size_t kept_skip; // of the first frame: bytes that are done with
};

void output_init(struct output *output);

// Takes over a non-blocking descriptor.
void output_open(struct output *output, int fd);

// Answers the call with up to `limit` bytes, as soon as there are any. Empty is the end. With a `position`, counted from 1, the answer
// begins there, and all but the first `done` bytes of the stream are kept; 0: it goes on behind what was read, and nothing is kept.
void output_read(struct output *output, struct call *call, uint32_t limit, uint64_t position, uint64_t done);

// The process has exited; what it wrote stays readable.
void output_writer_exited(struct output *output);

// Closes, and answers those who wait with NOT_FOUND.
void output_close(struct output *output);
