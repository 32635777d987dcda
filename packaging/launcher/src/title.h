/* What `ps` shows of a process that this program has forked and that executes nothing. */
#ifndef SAYA_TITLE_H
#define SAYA_TITLE_H

#include "guard.h"

/* Puts a text in the place of the arguments that containerd gave, cut to their length, and a name in that of the program. */
void title_set(const struct launch *launch, const char *name, const char *title);

#endif
