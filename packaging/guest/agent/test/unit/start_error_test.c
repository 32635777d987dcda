#include <stdio.h>
#include <string.h>

#include "start_error.h"
#include "unit.h"

// What crun said of a program becomes what runc would have said of it.
static bool becomes(const char *program, const char *said, const char *expected) {
    char text[1024], *args[] = {(char *)program};
    Grpc__Process process = GRPC__PROCESS__INIT;
    process.args = args;
    process.n_args = 1;
    snprintf(text, sizeof text, "%s", said);
    start_error_reword(&process, text, sizeof text);
    const char *beginning = "unable to start container process: ";
    return strncmp(text, beginning, strlen(beginning)) == 0 && strcmp(text + strlen(beginning), expected) == 0;
}

TEST(a_program_that_is_not_found_is_named_as_runc_names_it) {
    CHECK(becomes("x", "executable file `x` not found in $PATH: No such file or directory",
                  "exec: \"x\": executable file not found in $PATH"));
    CHECK(becomes("/x", "executable file `/x` not found in $PATH: No such file or directory",
                  "exec: \"/x\": stat /x: no such file or directory"));
    CHECK(becomes("", "open executable: Operation not permitted", "exec: \"\": executable file not found in $PATH"));
}

TEST(a_program_that_cannot_be_executed_says_why) {
    CHECK(becomes("/x", "open executable: Permission denied", "exec: \"/x\": permission denied"));
    CHECK(becomes("/x", "open executable: Operation not permitted", "exec: \"/x\": permission denied (is a directory)"));
    CHECK(becomes("/x/y", "open executable: Not a directory", "exec: \"/x/y\": stat /x/y: not a directory"));
    CHECK(becomes("/x", "open executable: Too many levels of symbolic links", "exec: \"/x\": stat /x: too many levels of symbolic links"));
    CHECK(becomes("x", "open executable: Permission denied", "exec: \"x\": executable file not found in $PATH"));
}

TEST(other_errors_of_a_start_are_reworded) {
    CHECK(becomes("x", "chdir `/a`: Not a directory", "chdir to cwd (\"/a\") set in config.json failed: not a directory"));
    CHECK(becomes("x", "mount `/a` to `b/c`: Not a directory",
                  "error during container init: error mounting \"/a\" to rootfs at \"/b/c\": mount /a:/b/c: not a directory"));
    CHECK(becomes("x", "the sysctl `a.b` is not namespaced", "sysctl \"a.b\" is not in a separate kernel namespace"));
    CHECK(becomes("x", "invalid rlimit `RLIMIT_X`", "wrong rlimit value: RLIMIT_X"));
}

TEST(what_has_no_other_words_stays_whole) {
    CHECK(becomes("x", "something `else`", "something `else`"));
    CHECK(becomes("x", "mount `a", "mount `a"));
    CHECK(becomes("x", "", ""));
}
