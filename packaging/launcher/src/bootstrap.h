/* What containerd hands to `start` on stdin. */
#ifndef SAYA_BOOTSTRAP_H
#define SAYA_BOOTSTRAP_H

#include "bytes.h"
#include "fault.h"
#include "flags.h"

struct bootstrap {
    struct bytes raw;           /* as read: the daemon finds the runtime options in it */
    char socket_directory[112]; /* "": containerd's convention */
};

/* Reads stdin to its end: at most 10 MiB, at most five seconds. A terminal is not read. */
int bootstrap_read(int fd, const struct flags *flags, struct bootstrap *bootstrap, struct fault *f);

/* Takes socket_dir from BootstrapParams (containerd 2.3 and later). The same bytes may be the Any of
 * older versions; only if the ids in it are those of the command line are they BootstrapParams. */
void bootstrap_parse(const struct flags *flags, struct bootstrap *bootstrap);

#endif
