/* Killing processes that somebody wrote down. */
#ifndef SAYA_PROCESSES_H
#define SAYA_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>

#include "journal.h"

/* Sends a signal to a process, if it is still the one of that start time. A pid that belongs to
 * another one by now is left alone: the pidfd is opened before the start time is compared. Returns a pidfd,
 * or -1. */
int process_signal(pid_t pid, unsigned long long start_time, int number);

/* True if it ends just now, or has ended: it closes its descriptors a moment before it can be reaped. */
bool process_is_ending(pid_t pid);

/* Kills all, except the caller itself, and waits for their ends, at most so long. -1: one is left. */
int processes_kill(const struct journal_process *processes, size_t count, int milliseconds);

#endif
