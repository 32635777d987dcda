/* Core scheduling, which not every kernel has: prctl is this file's (-Wl,--wrap=prctl). */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../../src/actions.h"
#include "../../src/flags.h"
#include "unit.h"

static struct {
    int error; /* of each call; 0: the kernel has it */
    pid_t with_mark;
} cores_kernel;

int __real_prctl(int option, ...);

int __wrap_prctl(int option, ...) {
    va_list list;
    va_start(list, option);
    unsigned long words[4];
    for (int i = 0; i < 4; i++) words[i] = va_arg(list, unsigned long);
    va_end(list);
    if (option != PR_SCHED_CORE) return __real_prctl(option, words[0], words[1], words[2], words[3]);
    errno = cores_kernel.error;
    if (cores_kernel.error != 0) return -1;
    if (words[0] == PR_SCHED_CORE_CREATE) {
        cores_kernel.with_mark = getpid();
        return 0;
    }
    *(uint64_t *)words[3] = (pid_t)words[1] == cores_kernel.with_mark ? 0xfeedbeefcafeull : 0;
    return 0;
}

/* What the action prints; text has room for it. Its exit code. */
static int cores(const char *pids, char *text, size_t size) {
    fflush(stdout);
    fflush(stderr);
    int before[] = {dup(1), dup(2)};
    FILE *output = tmpfile();
    dup2(fileno(output), 1);
    dup2(fileno(output), 2);
    struct flags flags = {.address = pids};
    int code = action_cores(&flags);
    fflush(stdout);
    fflush(stderr);
    dup2(before[0], 1);
    dup2(before[1], 2);
    close(before[0]);
    close(before[1]);
    rewind(output);
    text[fread(text, 1, size - 1, output)] = '\0';
    fclose(output);
    return code;
}

static void marks_of_cores_are_told(void) {
    char text[256], expected[256], pids[64];
    snprintf(pids, sizeof pids, "%d,%d", getpid(), getppid());
    cores_kernel.error = EINVAL;
    CHECK(cores("", text, sizeof text) == 1);
    CHECK_TEXT(text, "saya: cores: this kernel has no core scheduling (expected: CONFIG_SCHED_CORE)\n");
    CHECK(cores(pids, text, sizeof text) == 1);
    CHECK_TEXT(text, "saya: cores: this kernel has no core scheduling (expected: CONFIG_SCHED_CORE)\n");
    cores_kernel.error = ENODEV;
    CHECK(cores(pids, text, sizeof text) == 1);
    CHECK_TEXT(text, "saya: cores: no core of this host runs two threads, so nothing is missing\n");
    cores_kernel.error = ESRCH; /* they have ended */
    CHECK(cores(pids, text, sizeof text) == 0);
    CHECK_TEXT(text, "");
    cores_kernel.error = 0;
    CHECK(cores(pids, text, sizeof text) == 0);
    snprintf(expected, sizeof expected, "%d 0\n%d 0\n", getpid(), getppid());
    CHECK_TEXT(text, expected);
    CHECK(cores("", text, sizeof text) == 0);
    CHECK(cores(pids, text, sizeof text) == 0);
    snprintf(expected, sizeof expected, "%d feedbeefcafe\n%d 0\n", getpid(), getppid());
    CHECK_TEXT(text, expected);
    for (const char *const *bad = (const char *const[]){"0", "-1", "x", "1;2", "1,", "99999999999", NULL}; *bad; bad++) {
        int code = cores(*bad, text, sizeof text);
        CHECK(strcmp(*bad, "1,") == 0 ? code == 0 : code == 1 && strstr(text, "expected: ids of processes"));
    }
}

void cores_tests(void) {
    marks_of_cores_are_told();
}
