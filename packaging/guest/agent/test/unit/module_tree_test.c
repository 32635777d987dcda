#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "module_tree.h"
#include "unit.h"

static char directory[64];

static void make_directory(void) {
    snprintf(directory, sizeof directory, "/tmp/saya-module-tree.XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
}

static void put(const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "we");
    if (file == NULL) return;
    fputs(text, file);
    fclose(file);
}

static enum module_result load(const char *name, char *error) {
    return module_tree_load(directory, name, "", error, 1024);
}

// The files are missing, or no modules: which one it is about to load shows in the error.
TEST(modules_are_found_by_name_and_by_other_names) {
    make_directory();
    put("modules.dep", "kernel/saya-upper.ko: kernel/saya-middle.ko kernel/saya_lower.ko\nkernel/saya-middle.ko: kernel/saya_lower.ko\n"
                       "kernel/saya_lower.ko:\nkernel/saya_alone.ko:\n");
    put("modules.alias", "# a comment\nalias net-pf-16-proto-[0-9]* saya_alone\nalias fs-saya saya-upper\n");
    put("modules.symbols", "alias symbol:saya_call saya_lower\n");
    put("modules.builtin", "kernel/saya-inside.ko\n");
    char error[1024];
    CHECK(load("saya_upper", error) == MODULE_FAILED && strstr(error, "saya_lower.ko") != NULL); // what is needed comes first
    CHECK(load("saya-middle", error) == MODULE_FAILED && strstr(error, "saya_lower.ko") != NULL);
    CHECK(load("fs-saya", error) == MODULE_FAILED && strstr(error, "saya_lower.ko") != NULL);
    CHECK(load("net-pf-16-proto-12", error) == MODULE_FAILED && strstr(error, "saya_alone.ko") != NULL);
    CHECK(load("symbol:saya_call", error) == MODULE_FAILED && strstr(error, "saya_lower.ko") != NULL);
    CHECK(load("saya_inside", error) == MODULE_LOADED);
    CHECK(load("saya_low", error) == MODULE_UNKNOWN && strstr(error, directory) != NULL);
    CHECK(load("net-pf-16-proto", error) == MODULE_UNKNOWN);
    remove_tree(directory);
}

TEST(other_names_that_lead_in_circles_end) {
    make_directory();
    put("modules.alias", "alias saya_a saya_b\nalias saya_b saya_a\n");
    char error[1024];
    CHECK(load("saya_a", error) == MODULE_UNKNOWN);
    put("modules.dep", "kernel/saya_a.ko:\nkernel/saya_b.ko:\n");
    put("modules.softdep", "softdep saya_a pre: saya_b\nsoftdep saya_b pre: saya_a\n");
    CHECK(load("saya_a", error) == MODULE_FAILED && strstr(error, "saya_a.ko") != NULL);
    remove_tree(directory);
}
