#define _GNU_SOURCE
#include "rights.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(capability) (UINT64_C(1) << (capability))
#if defined __x86_64__
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define OWN_ARCH AUDIT_ARCH_AARCH64
#else
#error "the name of this machine's calls is not known here"
#endif
#define X32_BIT 0x40000000u /* of a call's number: the other set of calls of this machine (asm/unistd.h) */

/* Files of pods belong to anybody; QEMU has another user, whose memory and namespaces are looked at and whose oom_score_adj is
 * lowered; version 1's cpuset takes a process from those alone who may set its affinity; a connection by vsock comes from a
 * privileged port. */
#define DAEMON_KEEPS                                                                                                                \
    (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SYS_PTRACE) | \
     BIT(CAP_SYS_NICE) | BIT(CAP_SYS_RESOURCE))

/* Those of its children as well: mounts, namespaces, taps and rtnetlink, programs of BPF, device nodes of QEMU's root, users and
 * bounding sets, what virtiofsd keeps; and what hooks need that set up a network: nerdctl's runs CNI's plugins, which announce
 * addresses by raw sockets, as iptables-legacy needs one. */
#define GUARD_KEEPS                                                                                                                \
    (DAEMON_KEEPS | BIT(CAP_KILL) | BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETPCAP) | BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW) | \
     BIT(CAP_SYS_CHROOT) | BIT(CAP_SYS_ADMIN) | BIT(CAP_MKNOD) | BIT(CAP_SETFCAP) | BIT(CAP_BPF))

/* What CAP_SYS_ADMIN and root would still allow, and nothing of a sandbox calls: the host's kernel, its clock, swap, keys and quotas,
 * other processes, files by handles. */
static const uint32_t denied[] = {
    SYS_init_module,   SYS_finit_module, SYS_delete_module,     SYS_kexec_load, SYS_kexec_file_load, SYS_reboot,      SYS_swapon,
    SYS_swapoff,       SYS_acct,         SYS_quotactl,          SYS_add_key,    SYS_request_key,     SYS_keyctl,      SYS_settimeofday,
    SYS_clock_settime, SYS_adjtimex,     SYS_clock_adjtime,     SYS_ptrace,     SYS_perf_event_open, SYS_userfaultfd, SYS_syslog,
    SYS_fanotify_init, SYS_vhangup,      SYS_open_by_handle_at,
#ifdef __x86_64__
    SYS_iopl,          SYS_ioperm,
#endif
};

#define DENIED (sizeof denied / sizeof *denied)

static bool limit_capabilities(uint64_t kept, uint64_t bounding) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {0};
    for (unsigned long capability = 0;; capability++) {
        int there = prctl(PR_CAPBSET_READ, capability);
        if (there < 0) break;
        if (there > 0 && !(bounding & BIT(capability)) && prctl(PR_CAPBSET_DROP, capability) != 0) return false;
    }
    if (syscall(SYS_capget, &header, sets) != 0) return false;
    for (size_t i = 0; i < 2; i++) {
        sets[i].permitted &= (uint32_t)(kept >> 32 * i);
        sets[i].effective &= (uint32_t)(kept >> 32 * i);
        sets[i].inheritable = 0;
    }
    return syscall(SYS_capset, &header, sets) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* A program of another machine or set of calls has none here: its numbers would mean others. */
static bool filter_calls(void) {
    enum { LOADED = 5 };
    struct sock_filter program[LOADED + DENIED + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, DENIED + 1, 0),
    };
    for (size_t i = 0; i < DENIED; i++)
        program[LOADED + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied[i], (uint8_t)(DENIED - i), 0);
    program[LOADED + DENIED] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[LOADED + DENIED + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    const struct sock_fprog filter = {.len = LOADED + DENIED + 2, .filter = program};
    /* Else a kernel before 5.16 slows all of them down against a guess of the processor's that concerns none of them. */
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter) == 0;
}

bool rights_of_guard(void) {
    return limit_capabilities(GUARD_KEEPS, GUARD_KEEPS) && filter_calls();
}

bool rights_of_daemon(void) {
    return limit_capabilities(DAEMON_KEEPS, DAEMON_KEEPS);
}

bool rights_keep(uint64_t kept) {
    return limit_capabilities(kept, 0);
}
