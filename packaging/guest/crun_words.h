// How runc words what the kernel refuses, for Debian's crun; see adapt_crun in crun.sh.

#ifndef CRUN_WORDS_H
#define CRUN_WORDS_H

#include <ctype.h>
#include <string.h>

// What errno means, as Go's library says it: as the C library does, but beginning with a small letter. The text is good until the next
// call.
static inline const char *go_error(int error) {
    static char words[128];

    strncpy(words, strerror(error), sizeof(words) - 1);
    words[0] = (char)tolower((unsigned char)words[0]);
    return words;
}

#endif
