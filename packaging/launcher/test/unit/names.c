/* Questions without end to the name server of a pod's network namespace. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/actions.h"
#include "../../src/files.h"
#include "../../src/flags.h"
#include "../../src/names.h"
#include "unit.h"

static void name_server(atomic_long *asked) {
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(0x7f00000b)};
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    char question[64];
    if (ioctl(server, SIOCSIFFLAGS, &up) != 0 || bind(server, (const struct sockaddr *)&address, sizeof address) != 0) _exit(1);
    for (atomic_store(asked, 0);;)
        if (recv(server, question, sizeof question, 0) > 0) atomic_fetch_add(asked, 1);
}

/* As many as are taken, until the deadline or until the server was asked so many. */
static void ask_without_end(int daemon, const atomic_long *asked, long most, long long deadline) {
    uint8_t questions[256][16] = {0}; /* of 12 bytes each */
    for (int i = 0; i < 256; i++) questions[i][1] = 12;
    while (atomic_load(asked) < most && now_ms() < deadline) {
        struct pollfd p = {.fd = daemon, .events = POLLOUT};
        /* Whole questions: a socket of this kind takes all or, when it is full, nothing. */
        if (poll(&p, 1, 20) == 1) (void)!send(daemon, questions, sizeof questions, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

static void questions_without_end_are_asked_at_a_pace(void) {
    atomic_long *asked = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/names", directory);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(listener, (const struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 1) == 0);
    atomic_store(asked, -1);
    pid_t parent = fork();
    if (parent == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (unshare(CLONE_NEWNET) != 0) _exit(1);
        pid_t server = fork();
        if (server == 0) name_server(asked);
        for (int i = 0; i < 10000 && atomic_load(asked) < 0; i++) usleep(1000);
        char number[16];
        snprintf(number, sizeof number, "%d", listener);
        struct flags flags = {.address = number};
        int code = action_names(&flags);
        kill(server, SIGKILL);
        _exit(code);
    }
    int daemon = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(connect(daemon, (const struct sockaddr *)&address, sizeof address) == 0);
    ask_without_end(daemon, asked, NAMES_BURST, now_ms() + 30000);
    CHECK(atomic_load(asked) >= NAMES_BURST); /* as many in one go */
    long before = atomic_load(asked);
    long long begun = now_ms();
    ask_without_end(daemon, asked, LONG_MAX, begun + 2000);
    long more = atomic_load(asked) - before;
    /* Those that have come in one piece are asked in one go. */
    CHECK(more <= (now_ms() - begun) * NAMES_PER_SECOND / 1000 + 600);
    CHECK(more > 0);
    close(daemon); /* at which it ends, also while it rests */
    int status;
    CHECK(waitpid(parent, &status, 0) == parent && status == 0);
    close(listener);
    munmap(asked, 4096);
}

void names_tests(void) {
    questions_without_end_are_asked_at_a_pace();
}
