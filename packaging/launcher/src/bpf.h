/* What is said to the kernel of its programs, without a library. */
#ifndef SAYA_BPF_H
#define SAYA_BPF_H

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INSTRUCTION(c, d, s, o, i) ((struct bpf_insn){.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)})

static inline int bpf(int command, union bpf_attr *attributes) {
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

#endif
