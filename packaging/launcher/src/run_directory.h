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
 * A cgroup that others are in after `patience_ms` stays, and with it the directory and record.json that names it.
 * The lock must be held, or its owner be hopeless. 0: nothing is left. */
int run_directory_clean(const struct sandbox_paths *paths, int patience_ms);

/* For processes that have been killed to leave their cgroup, which takes the kernel some milliseconds. */
#define EMPTY_LIMIT_MS 500

/* Sweeps every run directory below the run base that nobody owns any more: of a guard that was killed before containerd knew of its
 * sandbox, so that nobody asks for a delete, and of cgroups that could not be removed. Undoes what it can at once and leaves the rest to
 * the next sweep. Costs a look at each sandbox's directory, and waits for nothing. */
void run_directories_sweep(const struct sandbox_paths *paths);

/* The same for one of them, again and again until it is gone or the time is over. The lock must not be held: others may be quicker. */
void run_directory_sweep_within(const struct sandbox_paths *paths, int milliseconds);

#endif
