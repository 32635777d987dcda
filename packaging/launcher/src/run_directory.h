/* The sandbox's directory below /run/saya, and who owns it. */
#ifndef SAYA_RUN_DIRECTORY_H
#define SAYA_RUN_DIRECTORY_H

#include "sandbox_paths.h"

/* Locks the run directory for as long as the returned descriptor is open. The guard holds the lock all
 * its life, so whoever gets it knows that no guard is left.
 * -1 and errno: ENOENT where there is none and create is 0, ETIMEDOUT where the owner lives on. */
int run_directory_lock(const struct sandbox_paths *paths, int create, int milliseconds);

/* Undoes what a sandbox left: kills the recorded processes that are still the same ones, unmounts,
 * removes cgroups and interfaces, the directory, the socket. Nothing there is fine.
 * A cgroup that others are in stays, and with it the directory and record.json that names it.
 * The lock must be held, or its owner be hopeless. 0: nothing is left. */
int run_directory_clean(const struct sandbox_paths *paths);

#endif
