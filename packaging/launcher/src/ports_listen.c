#define _GNU_SOURCE
#include "ports.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bpf.h"

#define BACKLOG 64

/* Listens at a port of the kernel's choice, by IPv6 and so by IPv4 as well; by IPv4 alone where the kernel has no IPv6. */
static int listen_anywhere(void) {
    int off = 0;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    if (fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    if (fd >= 0) close(fd);
    struct sockaddr_in any4 = {.sin_family = AF_INET};
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&any4, sizeof any4) == 0 && listen(fd, BACKLOG) == 0) return fd;
    return -1;
}

/* A map that holds the socket. */
static int map_of(int listener) {
    uint32_t key = 0;
    uint64_t value = (uint64_t)listener;
    union bpf_attr create = {.map_type = BPF_MAP_TYPE_SOCKMAP, .key_size = sizeof key, .value_size = sizeof value, .max_entries = 1};
    int map = bpf(BPF_MAP_CREATE, &create);
    union bpf_attr update = {.map_fd = (uint32_t)map, .key = (uintptr_t)&key, .value = (uintptr_t)&value};
    return map < 0 || bpf(BPF_MAP_UPDATE_ELEM, &update) != 0 ? -1 : map;
}

/* Gives the socket of the map to every TCP connection for which a listener is looked up; lets all else pass. */
static int load_program(int map) {
    const struct bpf_insn program[] = {
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0), /* r6 = context */
        INSTRUCTION(BPF_LDX | BPF_MEM | BPF_W, 0, 1, offsetof(struct bpf_sk_lookup, protocol), 0),
        INSTRUCTION(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 14, IPPROTO_TCP),
        INSTRUCTION(BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0), /* the key, on the stack */
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
        INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4),
        INSTRUCTION(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map),
        INSTRUCTION(0, 0, 0, 0, 0), /* the second half of a load of 64 bits */
        INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
        INSTRUCTION(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 7, 0),
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 7, 0, 0, 0), /* r7 = socket */
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0),
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 2, 7, 0, 0),
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, 0),
        INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_sk_assign),
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 1, 7, 0, 0),
        INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_sk_release),
        INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, SK_PASS),
        INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
    };
    union bpf_attr load = {.prog_type = BPF_PROG_TYPE_SK_LOOKUP,
                           .expected_attach_type = BPF_SK_LOOKUP,
                           .insns = (uintptr_t)program,
                           .insn_cnt = sizeof program / sizeof *program,
                           .license = (uintptr_t) "Apache-2.0"};
    return bpf(BPF_PROG_LOAD, &load);
}

int ports_listen(void) {
    int listener = listen_anywhere();
    int map = listener < 0 ? -1 : map_of(listener);
    int program = map < 0 ? -1 : load_program(map);
    int namespace = program < 0 ? -1 : open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    union bpf_attr attach = {
        .link_create = {.prog_fd = (uint32_t)program, .target_fd = (uint32_t) namespace, .attach_type = BPF_SK_LOOKUP}};
    /* In force as long as the descriptor is open, which the process's end closes. */
    if (namespace < 0 || bpf(BPF_LINK_CREATE, &attach) < 0) return -1;
    return listener;
}
