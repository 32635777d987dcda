/* The poststop hooks of a container whose daemon died before it could run them. */
#ifndef SAYA_POSTSTOP_H
#define SAYA_POSTSTOP_H

/* Runs what `poststop.json` in the bundle says, each hook after the other, and removes the file first, so that no hook runs twice. The
 * hooks together get so many milliseconds; one that is late is killed with all that it has started, and those after it are not run. A hook
 * that fails is told of on stderr: nothing else depends on it. Without the file there is nothing to run. */
void poststop_run(const char *bundle, int milliseconds);

#endif
