// What the kernel runs when it misses a module: `/sbin/modprobe -q -- NAME`, which is this program under another name.
#pragma once

#include <stdbool.h>

// True if the program was started under that name.
bool modprobe_is_meant(const char *program);

// Loads the module that the last word names; the exit status.
int modprobe_run(int count, char **words);

// Lets the kernel find it: from now on it can ask for modules.
void modprobe_offer(void);
