#define _GNU_SOURCE
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"

#define REWRITE_SIZE (64u * 1024)
#define READ_LIMIT (16u << 20)

static void append_line(struct bytes *b, const char *verb, const char *rest) {
    bytes_append(b, verb, strlen(verb));
    bytes_append(b, rest, strlen(rest));
    bytes_append(b, "\n", 1);
}

static void append_process(struct bytes *b, const struct journal_process *p) {
    char rest[128];
    snprintf(rest, sizeof rest, "%d %llu %s", (int)p->pid, p->start_time, p->name);
    append_line(b, "process ", rest);
}

/* A pod of months makes and undoes thousands of mounts; the file keeps to what stands. */
static void rewrite(struct journal *j) {
    struct bytes b = {0};
    append_line(&b, "socket ", j->socket);
    for (size_t i = 0; i < j->process_count; i++) append_process(&b, &j->processes[i]);
    for (size_t i = 0; i < j->mount_count; i++) append_line(&b, "mount ", j->mounts[i]);
    if (file_replace(j->path, 0600, b.data, b.length) == 0) {
        close(j->fd);
        j->fd = open(j->path, O_WRONLY | O_APPEND | O_CLOEXEC);
        j->size = b.length;
    }
    bytes_free(&b);
}

static void commit(struct journal *j, struct bytes *b) {
    if (j->fd >= 0) {
        /* One write, so that a guard that dies leaves whole lines. */
        (void)!write(j->fd, b->data, b->length);
        j->size += b->length;
        if (j->size > REWRITE_SIZE) rewrite(j);
    }
    bytes_free(b);
}

int journal_create(struct journal *j, const char *run_directory, const char *socket) {
    memset(j, 0, sizeof *j);
    snprintf(j->path, sizeof j->path, "%s/%s", run_directory, JOURNAL_NAME);
    snprintf(j->socket, sizeof j->socket, "%s", socket);
    j->fd = open(j->path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (j->fd < 0) return -1;
    struct bytes b = {0};
    append_line(&b, "socket ", socket);
    commit(j, &b);
    return 0;
}

static void forget_process(struct journal *j, pid_t pid) {
    for (size_t i = 0; i < j->process_count; i++) {
        if (j->processes[i].pid != pid) continue;
        j->processes[i] = j->processes[--j->process_count];
        return;
    }
}

static bool keep_process(struct journal *j, const struct journal_process *p) {
    if (j->process_count == JOURNAL_PROCESSES || p->pid <= 0) return false; /* kill(2) takes those below 1 for groups, or for all */
    j->processes[j->process_count++] = *p;
    return true;
}

static bool keep_mount(struct journal *j, const char *target) {
    if (j->mount_count == JOURNAL_MOUNTS || target[0] != '/' || strchr(target, '\n')) return false;
    char *copy = strdup(target);
    if (copy) j->mounts[j->mount_count++] = copy;
    return copy;
}

static bool forget_mount(struct journal *j, const char *target) {
    for (size_t i = j->mount_count; i-- > 0;) { /* the last one made lies on top */
        if (strcmp(j->mounts[i], target) != 0) continue;
        free(j->mounts[i]);
        memmove(&j->mounts[i], &j->mounts[i + 1], (j->mount_count - i - 1) * sizeof *j->mounts);
        j->mount_count--;
        return true;
    }
    return false;
}

static void load_line(struct journal *j, char *line) {
    struct journal_process p = {0};
    int pid;
    if (strncmp(line, "socket ", 7) == 0)
        snprintf(j->socket, sizeof j->socket, "%s", line + 7);
    else if (sscanf(line, "process %d %llu %31s", &pid, &p.start_time, p.name) == 3) {
        p.pid = pid;
        keep_process(j, &p);
    } else if (sscanf(line, "reaped %d", &pid) == 1)
        forget_process(j, pid);
    else if (strncmp(line, "mount ", 6) == 0)
        keep_mount(j, line + 6);
    else if (strncmp(line, "unmount ", 8) == 0)
        forget_mount(j, line + 8);
}

int journal_load(struct journal *j, const char *run_directory) {
    memset(j, 0, sizeof *j);
    j->fd = -1;
    snprintf(j->path, sizeof j->path, "%s/%s", run_directory, JOURNAL_NAME);
    struct bytes text = {0};
    if (file_read(j->path, READ_LIMIT, &text) != 0) {
        bytes_free(&text);
        return -1;
    }
    /* A file system that was full may have cut the last line, and half a path may be somebody else's mount. */
    char *whole = strrchr((char *)text.data, '\n');
    if (whole) *whole = 0;
    char *save = NULL;
    for (char *line = whole ? strtok_r((char *)text.data, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) load_line(j, line);
    bytes_free(&text);
    return 0;
}

void journal_add_process(struct journal *j, pid_t pid, const char *name) {
    struct journal_process p = {.pid = pid, .start_time = process_start_time(pid)};
    snprintf(p.name, sizeof p.name, "%s", name);
    struct bytes b = {0};
    if (keep_process(j, &p)) append_process(&b, &p);
    commit(j, &b);
}

void journal_remove_process(struct journal *j, pid_t pid) {
    forget_process(j, pid);
    char rest[32];
    snprintf(rest, sizeof rest, "%d", (int)pid);
    struct bytes b = {0};
    append_line(&b, "reaped ", rest);
    commit(j, &b);
}

int journal_add_mount(struct journal *j, const char *target) {
    if (!keep_mount(j, target)) return -1;
    struct bytes b = {0};
    append_line(&b, "mount ", target);
    commit(j, &b);
    return 0;
}

void journal_remove_mount(struct journal *j, const char *target) {
    if (!forget_mount(j, target)) return;
    struct bytes b = {0};
    append_line(&b, "unmount ", target);
    commit(j, &b);
}

void journal_close(struct journal *j) {
    if (j->fd >= 0) close(j->fd);
    j->fd = -1;
    for (size_t i = 0; i < j->mount_count; i++) free(j->mounts[i]);
    j->mount_count = 0;
}
