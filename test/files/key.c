// Adds a key to the session's keyring, or finds it there, and says so or why not: key add|find NAME [SECONDS]. It stays for that many
// seconds.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv) {
    long key;

    if (argc < 3) return 2;
    key = strcmp(argv[1], "add") == 0 ? syscall(SYS_add_key, "user", argv[2], "secret", 6, KEY_SPEC_SESSION_KEYRING)
                                      : syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", argv[2], 0);
    puts(key < 0 ? strerrorname_np(errno) : "ok");
    fflush(stdout);
    if (argc > 3) sleep((unsigned)atoi(argv[3]));
    return 0;
}
