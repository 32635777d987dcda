/* What a dead guard leaves to be undone: its journal, directories, cgroups. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../src/bytes.h"
#include "../../src/cgroup.h"
#include "../../src/files.h"
#include "../../src/journal.h"
#include "../../src/processes.h"
#include "../../src/record.h"
#include "unit.h"

static void journal_survives_its_writer(void) {
    static struct journal writer, reader;
    CHECK(journal_create(&writer, directory, "/run/s/x") == 0);
    journal_add_process(&writer, getpid(), "guard");
    journal_add_process(&writer, 1, "daemon");
    CHECK(journal_add_mount(&writer, "/with blank") == 0);
    CHECK(journal_add_mount(&writer, "/twice") == 0);
    CHECK(journal_add_mount(&writer, "/between") == 0);
    CHECK(journal_add_mount(&writer, "/twice") == 0);
    CHECK(journal_add_mount(&writer, "/with\nbreak") != 0);
    journal_remove_mount(&writer, "/twice");
    journal_remove_process(&writer, 1);
    /* Longer than it may get: it is written anew, with what stands. */
    for (int i = 0; i < 10000; i++) {
        CHECK(journal_add_mount(&writer, "/often") == 0);
        journal_remove_mount(&writer, "/often");
    }
    CHECK(writer.size < 100 * 1024);
    CHECK(journal_load(&reader, directory) == 0);
    CHECK_TEXT(reader.socket, "/run/s/x");
    CHECK(reader.process_count == 1 && reader.processes[0].pid == getpid());
    CHECK(reader.processes[0].start_time == process_start_time(getpid()));
    CHECK(reader.mount_count == 3);
    CHECK_TEXT(reader.mounts[0], "/with blank");
    CHECK_TEXT(reader.mounts[1], "/twice");
    CHECK_TEXT(reader.mounts[2], "/between");
    /* A line that was cut is none. */
    journal_close(&reader);
    CHECK(write(writer.fd, "mount /wit", 10) == 10);
    CHECK(journal_load(&reader, directory) == 0);
    CHECK(reader.mount_count == 3);
    while (writer.mount_count < JOURNAL_MOUNTS) CHECK(journal_add_mount(&writer, "/m") == 0);
    CHECK(journal_add_mount(&writer, "/m") != 0);
    journal_close(&writer);
    journal_close(&reader);
}

static void directories_are_removed_without_following_links(void) {
    char path[128], outside[128];
    snprintf(path, sizeof path, "%s/tree/a/b", directory);
    snprintf(outside, sizeof outside, "%s/outside", directory);
    CHECK(directory_make(path, 0700) == 0);
    CHECK(directory_make(outside, 0700) == 0);
    strcat(outside, "/file");
    CHECK(file_replace(outside, 0600, "", 0) == 0);
    strcat(path, "/link");
    CHECK(symlink("../../../outside", path) == 0);
    snprintf(path, sizeof path, "%s/tree", directory);
    CHECK(!directory_empty(path));
    snprintf(outside, sizeof outside, "%s/tree/kept", directory);
    CHECK(file_replace(outside, 0600, "", 0) == 0);
    CHECK(directory_remove(path, "kept") == 0 && access(outside, F_OK) == 0);
    snprintf(outside, sizeof outside, "%s/tree/a", directory);
    CHECK(access(outside, F_OK) != 0);
    snprintf(outside, sizeof outside, "%s/outside/file", directory);
    CHECK(directory_remove(path, NULL) == 0);
    CHECK(access(path, F_OK) != 0 && access(outside, F_OK) == 0);
    CHECK(directory_remove(path, NULL) == 0);
}

/* Directories stand where cgroups are: what is not empty stays, and that is told. */
static void a_cgroup_that_stays_is_told_and_stays_recorded(void) {
    char path[128], inside[160], text[512], record[128];
    struct bytes kept = {0};
    snprintf(path, sizeof path, "%s/cgroup", directory);
    snprintf(inside, sizeof inside, "%s/other", path);
    snprintf(record, sizeof record, "%s/%s", directory, RECORD_NAME);
    CHECK(cgroup_remove(path, NULL, now_ms()) == 0);
    CHECK(directory_make(inside, 0700) == 0);
    CHECK(cgroup_remove(path, NULL, now_ms()) != 0);

    snprintf(text, sizeof text, "{\"id\":\"pod1\",\"links\":[{\"network_namespace\":\"/none\",\"name\":\"x\"}],\"cgroups\":[\"%s\"]}",
             path);
    CHECK(file_replace(record, 0600, text, strlen(text)) == 0);
    CHECK(record_undo(directory, 100) == RECORD_KEPT);
    snprintf(text, sizeof text, "{\"id\":\"pod1\",\"cgroups\":[\"%s\"]}", path);
    CHECK(file_read(record, 1000, &kept) == 0);
    CHECK_TEXT((char *)kept.data, text);
    bytes_free(&kept);
    CHECK(rmdir(inside) == 0);
    CHECK(record_undo(directory, 100) == RECORD_DONE);
    CHECK(access(path, F_OK) != 0);
    CHECK(unlink(record) == 0);
}

void left_behind_tests(void) {
    journal_survives_its_writer();
    directories_are_removed_without_following_links();
    a_cgroup_that_stays_is_told_and_stays_recorded();
}
