/* record.json: what the daemon wrote down for a clean-up without it. The schema is in README.md. */
#ifndef SAYA_RECORD_H
#define SAYA_RECORD_H

#define RECORD_NAME "record.json"

enum record_rest {
    RECORD_DONE,   /* nothing is left */
    RECORD_FAILED, /* something is left that a further attempt would not undo either */
    RECORD_KEPT,   /* a cgroup is left, and the file names it for the next attempt */
};

/* Undoes what stands in the record of a run directory. A record that is missing or does not parse is
 * skipped: processes and mounts are in the guard's journal.
 * patience_ms: how long a cgroup may still be held by what has been killed; with 0, one that stays is not complained of. */
enum record_rest record_undo(const char *run_directory, int patience_ms);

#endif
