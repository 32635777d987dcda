/* record.json: what the daemon wrote down for a clean-up without it. The schema is in README.md. */
#ifndef SAYA_RECORD_H
#define SAYA_RECORD_H

/* Undoes what stands in the record of a run directory. A record that is missing or does not parse is
 * skipped: the guard's journal holds processes and mounts as well. -1: something is left. */
int record_undo(const char *run_directory);

#endif
