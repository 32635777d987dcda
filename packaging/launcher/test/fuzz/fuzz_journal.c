/* The journal of a guard that has died. */
#include <string.h>

#include "../../src/journal.h"
#include "file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct journal journal;
    write_file(JOURNAL_NAME, data, size);
    if (journal_load(&journal, directory) != 0) return 0;
    if (journal.process_count > JOURNAL_PROCESSES || journal.mount_count > JOURNAL_MOUNTS) abort();
    for (size_t i = 0; i < journal.process_count; i++)
        if (journal.processes[i].pid <= 0 || strlen(journal.processes[i].name) >= sizeof journal.processes[i].name) abort();
    for (size_t i = 0; i < journal.mount_count; i++)
        if (journal.mounts[i][0] != '/') abort();
    journal_close(&journal);
    return 0;
}
