// Goes into crun (crun.sh). A profile of system calls that refuses what it does not name refuses calls that are newer than itself, too:
// with its error, by default EPERM. Programs go back to older calls at ENOSYS only (glibc with clone3, faccessat2, fchmodat2), so runc
// answers calls that are beyond the highest number in the profile with ENOSYS. So does this.
#ifndef CRUN_FILTER_H
#define CRUN_FILTER_H

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

// The x86-64 kernel's calls with 32-bit pointers have numbers from here on.
#define OTHER_ABI 0x40000000U

// The highest of the numbers of these calls and of known; names that libseccomp does not know have none.
static int highest_call(char *const *names, size_t count, int known) {
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);
        if (number > known) known = number;
    }
    return known;
}

// Writes what goes before the filter of libseccomp: known is the highest number that the profile names, refused what it does with others.
// Returns 0, or a negative error as libseccomp does.
static int write_unknown_calls(int fd, uint32_t refused, int known) {
    uint32_t action = refused & SECCOMP_RET_ACTION_FULL;
    if (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG || action == SECCOMP_RET_TRACE || action == SECCOMP_RET_USER_NOTIF)
        return 0;
#ifdef __x86_64__
    const struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, OTHER_ABI, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)known, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    };
    if (known > 0 && write(fd, filter, sizeof filter) != (ssize_t)sizeof filter) return errno == 0 ? -EIO : -errno;
#else
    (void)fd;
    (void)known;
#endif
    return 0;
}

#endif
