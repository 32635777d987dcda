#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actions.h"
#include "bpf.h"

#define RULES 64
#define INSTRUCTIONS_OF_A_RULE 8
#define ANY UINT32_MAX

/* A line of version 1's devices.allow. */
struct rule {
    uint32_t type; /* BPF_DEVCG_DEV_* */
    uint32_t major, minor;
    uint32_t access; /* of BPF_DEVCG_ACC_* */
};

struct program {
    struct bpf_insn instructions[RULES * INSTRUCTIONS_OF_A_RULE + 8];
    size_t count;
};

static bool parse_number(const char **text, char end, uint32_t *value) {
    char *after;
    if (**text == '*') {
        *value = ANY;
        after = (char *)(uintptr_t)*text + 1;
    } else {
        unsigned long number = strtoul(*text, &after, 10);
        if (after == *text || **text == '-' || number >= ANY) return false;
        *value = (uint32_t)number;
    }
    *text = after + 1;
    return *after == end;
}

static bool parse(const char *text, struct rule *rule) {
    *rule = (struct rule){.type = *text == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK};
    if ((*text != 'c' && *text != 'b') || text[1] != ' ') return false;
    text += 2;
    if (!parse_number(&text, ':', &rule->major) || !parse_number(&text, ' ', &rule->minor)) return false;
    for (; *text; text++) switch (*text) {
        case 'r': rule->access |= BPF_DEVCG_ACC_READ; break;
        case 'w': rule->access |= BPF_DEVCG_ACC_WRITE; break;
        case 'm': rule->access |= BPF_DEVCG_ACC_MKNOD; break;
        default: return false;
        }
    return rule->access != 0;
}

static void add(struct program *p, struct bpf_insn instruction) {
    p->instructions[p->count++] = instruction;
}

/* Of r2 to r5: kind of the device, what is wanted of it, its numbers. Allowed if all of that is in the rule. */
static void add_rule(struct program *p, const struct rule *rule) {
    struct bpf_insn tests[INSTRUCTIONS_OF_A_RULE];
    size_t count = 0;
    tests[count++] = INSTRUCTION(BPF_JMP | BPF_JNE | BPF_K, 2, 0, 0, (int32_t)rule->type);
    tests[count++] = INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 0, 3, 0, 0);
    tests[count++] = INSTRUCTION(BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, (int32_t)~rule->access);
    tests[count++] = INSTRUCTION(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 0, 0);
    if (rule->major != ANY) tests[count++] = INSTRUCTION(BPF_JMP | BPF_JNE | BPF_K, 4, 0, 0, (int32_t)rule->major);
    if (rule->minor != ANY) tests[count++] = INSTRUCTION(BPF_JMP | BPF_JNE | BPF_K, 5, 0, 0, (int32_t)rule->minor);
    tests[count++] = INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
    tests[count++] = INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    for (size_t i = 0; i < count; i++) {
        if (tests[i].code == (BPF_JMP | BPF_JNE | BPF_K)) tests[i].off = (int16_t)(count - i - 1); /* to the next rule */
        add(p, tests[i]);
    }
}

static int load(const struct rule *rules, size_t count) {
    static struct program p;
    add(&p, INSTRUCTION(BPF_LDX | BPF_MEM | BPF_W, 2, 1, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0));
    add(&p, INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 3, 2, 0, 0));
    add(&p, INSTRUCTION(BPF_ALU64 | BPF_AND | BPF_K, 2, 0, 0, 0xffff));
    add(&p, INSTRUCTION(BPF_ALU64 | BPF_RSH | BPF_K, 3, 0, 0, 16));
    add(&p, INSTRUCTION(BPF_LDX | BPF_MEM | BPF_W, 4, 1, offsetof(struct bpf_cgroup_dev_ctx, major), 0));
    add(&p, INSTRUCTION(BPF_LDX | BPF_MEM | BPF_W, 5, 1, offsetof(struct bpf_cgroup_dev_ctx, minor), 0));
    for (size_t i = 0; i < count; i++) add_rule(&p, &rules[i]);
    add(&p, INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0));
    add(&p, INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
    union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
                           .insns = (uintptr_t)p.instructions,
                           .insn_cnt = (uint32_t)p.count,
                           .license = (uintptr_t) "Apache-2.0"};
    return bpf(BPF_PROG_LOAD, &load);
}

/* Beside those of the cgroups above it, which go on to deny what they deny. */
static int attach(int program, const char *cgroup) {
    int fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    union bpf_attr attach = {
        .target_fd = (uint32_t)fd, .attach_bpf_fd = (uint32_t)program, .attach_type = BPF_CGROUP_DEVICE, .attach_flags = BPF_F_ALLOW_MULTI};
    return fd < 0 ? -1 : bpf(BPF_PROG_ATTACH, &attach);
}

static bool write_to(const char *cgroup, const char *name, const char *text) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", cgroup, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    int error = errno;
    close(fd);
    errno = error;
    return written;
}

static bool has_list(const char *cgroup) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/devices.deny", cgroup);
    return access(path, F_OK) == 0;
}

/* Version 1: all is denied first. What the parent denies, nobody here may have. */
static bool fill_list(const char *cgroup, const char *rules) {
    char *save = NULL, *text = strdup(rules);
    bool filled = text && write_to(cgroup, "devices.deny", "a");
    for (char *word = filled ? strtok_r(text, ",", &save) : NULL; word; word = strtok_r(NULL, ",", &save))
        write_to(cgroup, "devices.allow", word);
    free(text);
    return filled;
}

/* Version 2, or no cgroup at all: then it is only tried. */
static bool attach_program(const char *cgroup, const struct rule *rules, size_t count) {
    int program = load(rules, count);
    return program >= 0 && (!*cgroup || attach(program, cgroup) == 0);
}

int action_devices(const struct flags *flags) {
    struct rule rules[RULES];
    size_t count = 0;
    char *save = NULL, *text = strdup(flags->address);
    for (char *word = text ? strtok_r(text, ",", &save) : NULL; word; word = strtok_r(NULL, ",", &save))
        if (count == RULES || !parse(word, &rules[count++])) {
            fprintf(stderr, "saya: devices: \"%.100s\" (expected: at most %d rules as \"c 1:3 rw\", with commas between them)\n", word,
                    RULES);
            free(text);
            return 1;
        }
    free(text);
    const char *cgroup = flags->bundle;
    if (*cgroup && has_list(cgroup) ? fill_list(cgroup, flags->address) : attach_program(cgroup, rules, count)) return 0;
    fprintf(stderr, "saya: devices of %s: %s (expected: a hierarchy of version 1 with devices, or version 2 and CONFIG_CGROUP_BPF)\n",
            *cgroup ? cgroup : "a cgroup", strerror(errno));
    return 1;
}
