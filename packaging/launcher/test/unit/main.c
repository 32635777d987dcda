/* Unit tests of the launcher's parts, a file each. */
#include <stdlib.h>

#include "../../src/files.h"
#include "unit.h"

int failures;
char directory[] = "/tmp/saya-unit-XXXXXX";

int main(void) {
    if (!mkdtemp(directory)) return 1;
    start_up_tests();
    frames_tests();
    processes_tests();
    left_behind_tests();
    overlay_tests();
    tsc_tests();
    pages_tests();
    rights_tests();
    cores_tests();
    monitor_tests();
    names_tests();
    sockets_tests();
    holds_tests();
    directory_remove(directory, NULL);
    return failures > 0;
}
