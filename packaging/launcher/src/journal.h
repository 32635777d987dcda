/* What the guard did to the host, in a file: should the guard be killed, `delete` undoes it. */
#ifndef SAYA_JOURNAL_H
#define SAYA_JOURNAL_H

#include <stddef.h>
#include <sys/types.h>

#define JOURNAL_NAME "guard.journal"
#define JOURNAL_PROCESSES 768
#define JOURNAL_MOUNTS 1024

struct journal_process {
    pid_t pid;
    unsigned long long start_time; /* field 22 of /proc/PID/stat */
    char name[32];
};

struct journal {
    int fd; /* -1: only kept in memory */
    char path[384];
    char socket[108];
    size_t size;
    size_t process_count;
    struct journal_process processes[JOURNAL_PROCESSES];
    size_t mount_count;
    char *mounts[JOURNAL_MOUNTS]; /* targets in the order made */
};

/* Starts a new journal in a run directory. */
int journal_create(struct journal *j, const char *run_directory, const char *socket);

/* Reads the journal of another guard; -1 and errno where there is none. */
int journal_load(struct journal *j, const char *run_directory);

void journal_add_process(struct journal *j, pid_t pid, const char *name);
void journal_remove_process(struct journal *j, pid_t pid);

/* -1: the table is full, or the target cannot be written on one line. */
int journal_add_mount(struct journal *j, const char *target);
void journal_remove_mount(struct journal *j, const char *target);

void journal_close(struct journal *j);

#endif
