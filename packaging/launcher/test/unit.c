/* Unit tests of the launcher's parts. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../src/actions.h"
#include "../src/bootstrap.h"
#include "../src/bundle.h"
#include "../src/call_frames.h"
#include "../src/cgroup.h"
#include "../src/channel.h"
#include "../src/child.h"
#include "../src/cores.h"
#include "../src/files.h"
#include "../src/flags.h"
#include "../src/guard_holds.h"
#include "../src/journal.h"
#include "../src/names.h"
#include "../src/overlay.h"
#include "../src/processes.h"
#include "../src/protobuf.h"
#include "../src/record.h"
#include "../src/rights.h"
#include "../src/ring.h"
#include "../src/sandbox_paths.h"
#include "../src/tsc.h"

static int failures;

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            failures++;                                                     \
        }                                                                   \
    } while (0)
#define CHECK_TEXT(actual, expected)                                                                     \
    do {                                                                                                 \
        if (strcmp(actual, expected) != 0) {                                                             \
            fprintf(stderr, "%s:%d: \"%s\" (expected: \"%s\")\n", __FILE__, __LINE__, actual, expected); \
            failures++;                                                                                  \
        }                                                                                                \
    } while (0)

static char directory[] = "/tmp/saya-unit-XXXXXX";

static void flags_in_all_of_gos_forms(void) {
    struct flags flags;
    struct fault f;
    char *argv[] = {"shim",  "-namespace", "k8s.io", "--address=/run/c.sock", "-unknown", "--id", "abc", "-debug", "-bundle=", "",
                    "start", "-ignored",   NULL};
    CHECK(flags_parse(12, argv, &flags, &f) == 0);
    CHECK_TEXT(flags.namespace, "k8s.io");
    CHECK_TEXT(flags.address, "/run/c.sock");
    CHECK_TEXT(flags.id, "abc");
    CHECK_TEXT(flags.bundle, "");
    CHECK_TEXT(flags.action, "start");
    CHECK(flags.debug && !flags.version && !flags.info);
    CHECK(flags_validate(&flags, &f) == 0);

    char *off[] = {"shim", "-debug=false", "-v", "--info", NULL};
    CHECK(flags_parse(4, off, &flags, &f) == 0);
    CHECK(!flags.debug && flags.version && flags.info && flags.action[0] == 0);

    char *cut[] = {"shim", "-id", NULL};
    CHECK(flags_parse(2, cut, &flags, &f) != 0);
    CHECK(strstr(f.text, "-id"));

    char *both[] = {"shim", "-debug-socket", "/x", "-socket=/y", "--", "delete", NULL};
    CHECK(flags_parse(6, both, &flags, &f) == 0);
    CHECK_TEXT(flags.action, "delete");
}

static void identifiers(void) {
    char text[100];
    memset(text, 'a', sizeof text);
    text[76] = 0;
    CHECK(identifier_valid(text));
    text[76] = 'a', text[77] = 0;
    CHECK(!identifier_valid(text));
    CHECK(identifier_valid("a.b_c-D9"));
    const char *bad[] = {"", ".", "..", "a/b", "a..b", "-a", "a-", "a b", "\xc3\xa4", "a\nb"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!identifier_valid(bad[i]));
}

static void paths_are_cleaned_as_go_does(void) {
    const char *rows[][2] = {
        {"", "."},     {"/", "/"},   {"//a//b/", "/a/b"}, {"a/./b", "a/b"},  {"/a/../../b", "/b"},     {"../a/../..", "../.."},
        {"a/..", "."}, {"/..", "/"}, {"./a", "a"},        {"/a/b/..", "/a"}, {"a//b/c/../../..", "."}, {"/.a/..b/...", "/.a/..b/..."}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[64];
        path_clean(rows[i][0], out);
        CHECK_TEXT(out, rows[i][1]);
    }
}

static void socket_follows_containerds_convention(void) {
    struct sandbox_paths paths;
    struct fault f;
    unsetenv("SAYA_RUN_DIR");
    CHECK(sandbox_paths("/run/containerd//containerd.sock", "k8s.io", "0123456789abcdef0123456789abcdef0123456789abcdef", "", &paths, &f) ==
          0);
    /* printf %s /run/containerd/containerd.sock/k8s.io/0123...cdef | sha256sum */
    const char *hash = "a3961074c0c4f617a131eaa66009c74c7216bb0b9aeb57fe0966c82504e9cad6";
    CHECK(strncmp(paths.socket, "/run/containerd/s/", 18) == 0);
    CHECK_TEXT(paths.socket + 18, hash);
    CHECK(strncmp(paths.address, "unix:///run/containerd/s/", 25) == 0);
    char expected[400];
    snprintf(expected, sizeof expected, "/run/saya/0123456789abcdef0123456789abcdef01234567-%.12s", hash);
    CHECK_TEXT(paths.run_directory, expected);

    CHECK(sandbox_paths("/a", "n", "i", "/elsewhere", &paths, &f) == 0);
    CHECK(strncmp(paths.socket, "/elsewhere/", 11) == 0);
    CHECK(sandbox_paths("/a", "n", "i", "relative", &paths, &f) != 0);
    char longest[128] = "/";
    memset(longest + 1, 'd', 40), longest[41] = 0;
    CHECK(sandbox_paths("/a", "n", "i", longest, &paths, &f) == 0);
    CHECK(strlen(paths.socket) == 106);
    longest[41] = 'd', longest[42] = 0;
    CHECK(sandbox_paths("/a", "n", "i", longest, &paths, &f) != 0);
}

static void bootstrap_forms(void) {
    struct flags flags = {.namespace = "k8s.io", .id = "pod1"};
    struct bootstrap b = {0};
    protobuf_put_text(&b.raw, 1, "pod1");
    protobuf_put_text(&b.raw, 2, "k8s.io");
    protobuf_put_varint(&b.raw, 3, 4);
    protobuf_put_text(&b.raw, 9, "/run/user/s");
    bootstrap_parse(&flags, &b);
    CHECK_TEXT(b.socket_directory, "/run/user/s");

    flags.id = "pod2"; /* then these are the bytes of an Any, which has no third field but may get one */
    b.socket_directory[0] = 0;
    bootstrap_parse(&flags, &b);
    CHECK_TEXT(b.socket_directory, "");

    flags.id = "pod1";
    b.raw.length -= 3; /* cut off */
    bootstrap_parse(&flags, &b);
    CHECK_TEXT(b.socket_directory, "");
    bytes_free(&b.raw);

    /* Any bytes at all are read without leaving them. */
    for (unsigned seed = 0; seed < 2000; seed++) {
        srand(seed);
        for (int n = rand() % 40; n > 0; n--) bytes_u8(&b.raw, (uint8_t)rand());
        bootstrap_parse(&flags, &b);
        bytes_free(&b.raw);
    }
}

static int bundle_with(const char *config, struct bundle *bundle, struct fault *f) {
    char path[128];
    snprintf(path, sizeof path, "%s/config.json", directory);
    if (config)
        CHECK(file_replace(path, 0600, config, strlen(config)) == 0);
    else
        unlink(path);
    return bundle_open(directory, "container1", bundle, f);
}

static void sandbox_of_a_bundle(void) {
    struct bundle b;
    struct fault f;
    CHECK(bundle_with(NULL, &b, &f) == 0);
    CHECK_TEXT(b.sandbox_id, "container1");
    CHECK(bundle_with("{\"process\":{\"rlimits\":[{\"hard\":18446744073709551615}]},\"annotations\":null}", &b, &f) == 0);
    CHECK_TEXT(b.sandbox_id, "container1");
    CHECK(!b.member);
    CHECK(bundle_with("{\"annotations\":{\"io.kubernetes.cri.sandbox-id\":\"pod1\","
                      "\"io.kubernetes.cri.container-type\":\"container\"}}",
                      &b, &f) == 0);
    CHECK_TEXT(b.sandbox_id, "pod1");
    CHECK(b.member);
    CHECK(bundle_with("{\"annotations\":{\"io.kubernetes.cri-o.SandboxID\":\"pod2\","
                      "\"io.kubernetes.cri-o.ContainerType\":\"sandbox\"}}",
                      &b, &f) == 0);
    CHECK_TEXT(b.sandbox_id, "pod2");
    CHECK(!b.member);
    CHECK(bundle_with("{\"annotations\":{\"io.containerd.runc.v2.group\":\"group\"}}", &b, &f) == 0);
    CHECK_TEXT(b.sandbox_id, "container1");
    CHECK(bundle_with("{\"annotations\":{\"io.kubernetes.cri.sandbox-id\":\"../../etc\"}}", &b, &f) != 0);
    CHECK(bundle_with("{\"annotations\":", &b, &f) != 0);
    CHECK(strstr(f.text, "config.json: line 1"));
    CHECK(bundle_with("[]", &b, &f) == 0);
    CHECK(bundle_with("{\"annotations\":[1,{\"io.kubernetes.cri.sandbox-id\":3}]}", &b, &f) == 0);
    CHECK(bundle_with("{\"annotations\":{\"io.kubernetes.cri.sandbox-id\":3}}", &b, &f) == 0);
    CHECK_TEXT(b.sandbox_id, "container1");

    CHECK(bundle_write_address(&b, "unix:///x", &f) == 0);
    char path[128];
    struct bytes text = {0};
    snprintf(path, sizeof path, "%s/address", directory);
    CHECK(file_read(path, 100, &text) == 0);
    CHECK_TEXT((char *)text.data, "unix:///x");
    bytes_free(&text);
    CHECK(bundle_init_pid(&b) == 0);
    snprintf(path, sizeof path, "%s/init.pid", directory);
    CHECK(file_replace(path, 0600, "4711", 4) == 0);
    CHECK(bundle_init_pid(&b) == 4711);
    CHECK(bundle_open_log(directory) == -1);
}

static void frames_are_read_when_whole(void) {
    int ends[2];
    CHECK(pipe2(ends, O_NONBLOCK) == 0);
    struct channel c = {.in = ends[0], .out = -1};
    struct request r;
    uint8_t frame[] = {0, 0, 0, 10, 0, 0, 0, 7, REQUEST_FAILED, 0, 0, 0, 0, 0};
    for (size_t i = 0; i < sizeof frame; i++) {
        CHECK(channel_next(&c, &r) == RECEIPT_NONE);
        CHECK(write(ends[1], frame + i, 1) == 1);
        CHECK(channel_receive(&c));
    }
    CHECK(channel_next(&c, &r) == RECEIPT_REQUEST);
    CHECK(r.id == 7 && r.type == REQUEST_FAILED);
    CHECK_TEXT(read_string(&r.body), "");
    CHECK(!r.body.bad && r.body.left == 0);
    read_u8(&r.body);
    CHECK(r.body.bad);
    channel_done(&c, &r);
    CHECK(channel_next(&c, &r) == RECEIPT_NONE);
    CHECK(write(ends[1], "OpenJDK", 7) == 7);
    CHECK(channel_receive(&c));
    CHECK(channel_next(&c, &r) == RECEIPT_GARBAGE);
    close(ends[1]);
    CHECK(!channel_receive(&c));
    channel_close(&c);

    uint8_t nul_inside[] = {0, 0, 0, 3, 'a', 0, 'b', 0}, no_nul[] = {0, 0, 0, 2, 'a', 'b', 'c'}, too_long[] = {255, 255, 255, 255, 0};
    struct reader bad[] = {{nul_inside, 8, false}, {no_nul, 7, false}, {too_long, 5, false}, {too_long, 4, false}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_TEXT(read_string(&bad[i]), "");
        CHECK(bad[i].bad);
    }
}

static void ring_keeps_the_end(void) {
    struct ring ring = {0};
    struct bytes out = {0}, all = {0};
    for (int i = 0; all.length < 3 * RING_SIZE; i++) {
        char line[32];
        size_t n = (size_t)snprintf(line, sizeof line, "line %d\n", i);
        ring_write(&ring, line, n);
        bytes_append(&all, line, n);
        out.length = 0;
        ring_copy(&ring, &out);
        size_t kept = all.length < RING_SIZE ? all.length : RING_SIZE;
        CHECK(out.length == kept && memcmp(out.data, all.data + all.length - kept, kept) == 0);
    }
    ring_write(&ring, all.data, 2 * RING_SIZE);
    out.length = 0;
    ring_copy(&ring, &out);
    CHECK(out.length == RING_SIZE && memcmp(out.data, all.data + RING_SIZE, RING_SIZE) == 0);
    ring_free(&ring);
    bytes_free(&out);
    bytes_free(&all);
}

static void journal_survives_its_writer(void) {
    static struct journal writer, reader;
    CHECK(journal_create(&writer, directory, "/run/s/x") == 0);
    journal_add_process(&writer, getpid(), "guard");
    journal_add_process(&writer, 1, "daemon");
    CHECK(journal_add_mount(&writer, "/with blank") == 0);
    CHECK(journal_add_mount(&writer, "/twice") == 0);
    CHECK(journal_add_mount(&writer, "/between") == 0);
    CHECK(journal_add_mount(&writer, "/twice") == 0);
    CHECK(journal_add_mount(&writer, "/with\nbreak") != 0);
    journal_remove_mount(&writer, "/twice");
    journal_remove_process(&writer, 1);
    /* Longer than it may get: it is written anew, with what stands. */
    for (int i = 0; i < 10000; i++) {
        CHECK(journal_add_mount(&writer, "/often") == 0);
        journal_remove_mount(&writer, "/often");
    }
    CHECK(writer.size < 100 * 1024);
    CHECK(journal_load(&reader, directory) == 0);
    CHECK_TEXT(reader.socket, "/run/s/x");
    CHECK(reader.process_count == 1 && reader.processes[0].pid == getpid());
    CHECK(reader.processes[0].start_time == process_start_time(getpid()));
    CHECK(reader.mount_count == 3);
    CHECK_TEXT(reader.mounts[0], "/with blank");
    CHECK_TEXT(reader.mounts[1], "/twice");
    CHECK_TEXT(reader.mounts[2], "/between");
    /* A line that was cut is none. */
    journal_close(&reader);
    CHECK(write(writer.fd, "mount /wit", 10) == 10);
    CHECK(journal_load(&reader, directory) == 0);
    CHECK(reader.mount_count == 3);
    while (writer.mount_count < JOURNAL_MOUNTS) CHECK(journal_add_mount(&writer, "/m") == 0);
    CHECK(journal_add_mount(&writer, "/m") != 0);
    journal_close(&writer);
    journal_close(&reader);
}

static void overlay_options_are_shortened(void) {
    char parent[64], options[256];
    CHECK(overlay_shorten("index=off,lowerdir=/s/12/fs:/s/13/fs:/s/2/fs,upperdir=/s/9/fs", parent, sizeof parent, options,
                          sizeof options) == 1);
    CHECK_TEXT(parent, "/s/");
    CHECK_TEXT(options, "index=off,lowerdir=12/fs:13/fs:2/fs,upperdir=/s/9/fs");
    CHECK(overlay_shorten("lowerdir=/a/b", parent, sizeof parent, options, sizeof options) == 1);
    CHECK_TEXT(parent, "/a/");
    CHECK_TEXT(options, "lowerdir=b");
    CHECK(overlay_shorten("lowerdir=/a/:/a/b", parent, sizeof parent, options, sizeof options) == 1);
    CHECK_TEXT(options, "lowerdir=.:b");
    const char *kept[] = {"lowerdir=/a:/b", "lowerdir=a/b:a/c", "upperdir=/x", "lowerdir=/a/x\\:y:/a/z", "", "xlowerdir=/a/b"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        CHECK(overlay_shorten(kept[i], parent, sizeof parent, options, sizeof options) == 0);
}

static void directories_are_removed_without_following_links(void) {
    char path[128], outside[128];
    snprintf(path, sizeof path, "%s/tree/a/b", directory);
    snprintf(outside, sizeof outside, "%s/outside", directory);
    CHECK(directory_make(path, 0700) == 0);
    CHECK(directory_make(outside, 0700) == 0);
    strcat(outside, "/file");
    CHECK(file_replace(outside, 0600, "", 0) == 0);
    strcat(path, "/link");
    CHECK(symlink("../../../outside", path) == 0);
    snprintf(path, sizeof path, "%s/tree", directory);
    CHECK(!directory_empty(path));
    snprintf(outside, sizeof outside, "%s/tree/kept", directory);
    CHECK(file_replace(outside, 0600, "", 0) == 0);
    CHECK(directory_remove(path, "kept") == 0 && access(outside, F_OK) == 0);
    snprintf(outside, sizeof outside, "%s/tree/a", directory);
    CHECK(access(outside, F_OK) != 0);
    snprintf(outside, sizeof outside, "%s/outside/file", directory);
    CHECK(directory_remove(path, NULL) == 0);
    CHECK(access(path, F_OK) != 0 && access(outside, F_OK) == 0);
    CHECK(directory_remove(path, NULL) == 0);
}

/* Directories stand where cgroups are: what is not empty stays, and that is told. */
static void a_cgroup_that_stays_is_told_and_stays_recorded(void) {
    char path[128], inside[160], text[512], record[128];
    struct bytes kept = {0};
    snprintf(path, sizeof path, "%s/cgroup", directory);
    snprintf(inside, sizeof inside, "%s/other", path);
    snprintf(record, sizeof record, "%s/%s", directory, RECORD_NAME);
    CHECK(cgroup_remove(path, NULL, now_ms()) == 0);
    CHECK(directory_make(inside, 0700) == 0);
    CHECK(cgroup_remove(path, NULL, now_ms()) != 0);

    snprintf(text, sizeof text, "{\"id\":\"pod1\",\"links\":[{\"network_namespace\":\"/none\",\"name\":\"x\"}],\"cgroups\":[\"%s\"]}",
             path);
    CHECK(file_replace(record, 0600, text, strlen(text)) == 0);
    CHECK(record_undo(directory, 100) == RECORD_KEPT);
    snprintf(text, sizeof text, "{\"id\":\"pod1\",\"cgroups\":[\"%s\"]}", path);
    CHECK(file_read(record, 1000, &kept) == 0);
    CHECK_TEXT((char *)kept.data, text);
    bytes_free(&kept);
    CHECK(rmdir(inside) == 0);
    CHECK(record_undo(directory, 100) == RECORD_DONE);
    CHECK(access(path, F_OK) != 0);
    CHECK(unlink(record) == 0);
}

/* A measurement over 1 ms agrees with one over 50 ms; 0 on a host that does not keep time by the TSC. */
static void frequency_of_the_tsc_is_steady(void) {
    struct tsc_mark begin = tsc_mark();
    unsigned long brief = tsc_khz(tsc_mark());
    usleep(50000);
    unsigned long lasting = tsc_khz(begin);
    unsigned long difference = brief > lasting ? brief - lasting : lasting - brief;
    CHECK(difference <= lasting / 200);
}

#define GUEST_BYTES (4u << 20)
#define LONG_RUN (2u << 20) /* more than is written at once */

/* A process whose memory is to be filled, as QEMU has it; returns what the action says of it. */
static int fill(int list, int memory, pid_t pid) {
    char address[64];
    snprintf(address, sizeof address, "%d,%d,%d", list, memory, (int)pid);
    pid_t action = fork();
    if (action == 0) {
        freopen("/dev/null", "w", stderr);
        _exit(action_pages(&(struct flags){.address = address}));
    }
    int status;
    CHECK(waitpid(action, &status, 0) == action && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int scratch(const void *content, size_t length) {
    int fd = memfd_create("scratch", MFD_CLOEXEC);
    CHECK(write(fd, content, length) == (ssize_t)length);
    return fd;
}

/* The pages of a template go where they belong, into a sibling's memory and into nobody else's. */
static void memory_of_a_template_is_copied_to_a_sibling(void) {
    uint64_t list[] = {htobe64(1),    htobe64(GUEST_BYTES), htobe64(LONG_RUN + 4096), 0, htobe64(4096),
                       htobe64(4096), htobe64(1u << 20),    htobe64(LONG_RUN),        0};
    uint8_t *memory = malloc(LONG_RUN + 4096), *guest;
    for (size_t i = 0; i < LONG_RUN + 4096; i++) memory[i] = (uint8_t)(i / 4096 + 1);
    int list_fd = scratch(list, sizeof list), memory_fd = scratch(memory, LONG_RUN + 4096);
    int fd = memfd_create("memory-backend-memfd", MFD_CLOEXEC);
    CHECK(ftruncate(fd, GUEST_BYTES) == 0);
    guest = mmap(NULL, GUEST_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    pid_t sibling = fork();
    if (sibling == 0) {
        pause();
        _exit(0);
    }
    close(fd);
    CHECK(fill(list_fd, memory_fd, getppid()) == 1);
    CHECK(guest[4096] == 0);
    CHECK(fill(list_fd, memory_fd, sibling) == 0);
    CHECK(guest[0] == 0 && guest[8192] == 0);
    CHECK(memcmp(guest + 4096, memory, 4096) == 0);
    CHECK(memcmp(guest + (1u << 20), memory + 4096, LONG_RUN) == 0);
    CHECK(guest[(1u << 20) + LONG_RUN] == 0);
    CHECK(ftruncate(memory_fd, LONG_RUN) == 0);
    CHECK(fill(list_fd, memory_fd, sibling) == 1);
    CHECK(kill(sibling, SIGKILL) == 0 && waitpid(sibling, NULL, 0) == sibling);
    CHECK(fill(list_fd, memory_fd, sibling) == 1);
    munmap(guest, GUEST_BYTES);
    free(memory);
    close(list_fd);
    close(memory_fd);
}

/* In a child, for they do not come back. */
static void rights_that_nobody_needs_go(void) {
    pid_t pid = fork();
    if (pid == 0) {
        failures = 0;
        CHECK(rights_of_guard());
        CHECK(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 1);
        CHECK(prctl(PR_CAPBSET_READ, CAP_SYS_MODULE) == 0);
        CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
        CHECK(swapoff("/nowhere") == -1 && errno == EPERM); /* not ENOENT, as CAP_SYS_ADMIN would have it */
        /* Not EBADF. Not by the library, where the sanitizer reads the handle first. */
        CHECK(syscall(SYS_open_by_handle_at, -1, NULL, 0) == -1 && errno == EPERM);
        CHECK(mount("none", "/", "nosuch", 0, NULL) == -1 && errno == ENODEV);
        CHECK(rights_of_daemon());
        CHECK(prctl(PR_CAPBSET_READ, CAP_SYS_PTRACE) == 1);
        CHECK(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 0);
        CHECK(mount("none", "/", "nosuch", 0, NULL) == -1 && errno == EPERM);
        _exit(failures > 0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* ---- core scheduling, which not every kernel has: this one's answers */

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

/* ---- a QEMU that tells of events without end while the guard's child waits for its answer */

static void qemu_that_floods(int listener) {
    signal(SIGPIPE, SIG_DFL);
    int peer = accept(listener, NULL, NULL);
    static char events[1 << 16] = "{\"QMP\": {}}\r\n";
    while (strlen(events) < sizeof events - 128) strcat(events, "{\"timestamp\": {\"seconds\": 1}, \"event\": \"GUEST_CRASHLOADED\"}\r\n");
    while (send(peer, events, strlen(events), 0) > 0)
        ;
    _exit(0);
}

static void a_monitor_that_floods_is_given_up(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/qmp", directory);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (const struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 1) == 0);
    pid_t qemu = fork();
    if (qemu == 0) qemu_that_floods(listener);
    struct monitor_call call = {.socket = address.sun_path, .network_namespace = "", .command = "{}"};
    struct child_result result = {0};
    struct child *child = child_monitor(&call, &result);
    CHECK(child != NULL);
    struct pollfd p = {.fd = child->result, .events = POLLIN};
    CHECK(poll(&p, 1, 30000) == 1); /* that it ends at all */
    CHECK(child_read_result(child, &result) == 0 && result.error == EOVERFLOW);
    kill(child->pid, SIGKILL);
    CHECK(waitpid(child->pid, NULL, 0) == child->pid);
    child_free(child);
    kill(qemu, SIGKILL);
    waitpid(qemu, NULL, 0);
    close(listener);
}

/* ---- questions without end to the name server of a pod's network namespace */

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

/* `come` as bytes of a connection: a frame of this stream and type. */
static void call_bytes(struct bytes *b, uint32_t stream, uint8_t type, const char *service, const char *method) {
    struct bytes body = {0};
    if (service) protobuf_put_text(&body, 1, service);
    if (method) protobuf_put_text(&body, 2, method);
    bytes_u32(b, (uint32_t)body.length);
    bytes_u32(b, stream);
    bytes_u8(b, type);
    bytes_u8(b, 0);
    bytes_append(b, body.data, body.length);
    bytes_free(&body);
}

static bool only_asks(uint8_t type, const char *service, const char *method) {
    struct bytes b = {0};
    struct call_frame *frame = NULL;
    uint32_t skip;
    call_bytes(&b, 1, type, service, method);
    struct reader r = {b.data, b.length, false};
    CHECK(call_cut(&r, &frame, &skip) == CALL_CUT_FRAME && r.left == 0);
    bool asks = call_only_asks(frame);
    free(frame);
    bytes_free(&b);
    return asks;
}

static void calls_that_only_ask_are_known(void) {
    for (const char **method = (const char *[]){"Wait", "State", "Pids", "Stats", "Connect", NULL}; *method; method++) {
        CHECK(only_asks(CALL_REQUEST, "containerd.task.v2.Task", *method));
        CHECK(only_asks(CALL_REQUEST, "containerd.task.v3.Task", *method));
    }
    for (const char **method = (const char *[]){"Kill", "Create", "Exec", "Shutdown", "WaitAll", "", NULL}; *method; method++)
        CHECK(!only_asks(CALL_REQUEST, "containerd.task.v2.Task", *method));
    CHECK(!only_asks(CALL_REQUEST, "containerd.runtime.sandbox.v1.Sandbox", "Wait"));
    CHECK(!only_asks(CALL_REQUEST, NULL, "Wait"));
    CHECK(!only_asks(3, "containerd.task.v2.Task", "Wait"));
}

static void lists_of_frames_keep_their_order(void) {
    struct call_list list = {0}, more = {0};
    struct bytes b = {0};
    for (uint32_t stream = 1; stream <= 9; stream += 2) call_bytes(&b, stream, CALL_REQUEST, "s", "m");
    struct reader r = {b.data, b.length, false};
    struct call_frame *frame;
    uint32_t skip;
    while (call_cut(&r, &frame, &skip) == CALL_CUT_FRAME) call_list_add(frame->stream < 7 ? &list : &more, frame);
    CHECK(list.count == 3 && more.count == 2);
    call_list_remove(&list, 5); /* the last */
    call_list_remove(&list, 4711);
    call_list_join(&list, &more);
    call_list_remove(&list, 1); /* the first */
    const uint32_t expected[] = {3, 7, 9};
    for (size_t i = 0; i < 3; i++) {
        frame = call_list_take(&list);
        CHECK(frame && frame->stream == expected[i]);
        free(frame);
    }
    CHECK(!call_list_take(&list) && list.bytes == 0 && list.count == 0 && more.count == 0);
    bytes_free(&b);
}

static void a_process_that_ends_is_told_from_one_that_lives(void) {
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    CHECK(!process_is_ending(pid) && !process_is_ending(getpid()));
    kill(pid, SIGKILL);
    CHECK(waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT) == 0);
    CHECK(process_is_ending(pid));
    CHECK(waitpid(pid, NULL, 0) == pid);
    CHECK(process_is_ending(pid));
}

/* ---- connections to sockets of the host */

static const char *in_directory(const char *name) {
    static char path[4][256];
    static unsigned next;
    char *made = path[next++ % 4];
    snprintf(made, sizeof path[0], "%s/%s", directory, name);
    return made;
}

static int listen_at(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", in_directory(name));
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (const struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 8) == 0);
    return listener;
}

/* Asks for the socket at this path, as a daemon does, and returns what it is answered; *connection gets the connection. */
static int ask_for(const char *served, const char *path, uint32_t id, int *connection) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", in_directory(served));
    *connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(connect(*connection, (const struct sockaddr *)&address, sizeof address) == 0);
    uint8_t wish[10 + 300] = {0};
    uint32_t number = htonl(id);
    memcpy(wish, &number, sizeof number);
    memcpy(wish + 4, &number, sizeof number);
    wish[8] = (uint8_t)(strlen(path) >> 8);
    wish[9] = (uint8_t)strlen(path);
    memcpy(wish + 10, path, strlen(path));
    CHECK(send(*connection, wish, 10 + strlen(path), MSG_NOSIGNAL) == (ssize_t)(10 + strlen(path)));
    uint8_t answer = 255;
    CHECK(recv(*connection, &answer, 1, 0) == 1);
    return answer;
}

static void sockets_of_the_host_are_connected_to_as_whom_is_asked(void) {
    int served = listen_at("sockets");
    char number[16];
    snprintf(number, sizeof number, "%d", served);
    fcntl(served, F_SETFD, 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        struct flags flags = {.address = number};
        _exit(action_sockets(&flags));
    }
    close(served);
    CHECK(chmod(directory, 0700) == 0); /* whoever is asked for, the directories above are the daemon's affair */
    int server = listen_at("host");
    CHECK(chmod(in_directory("host"), 0777) == 0);

    for (uint32_t id = 0; id <= 1000; id += 1000) {
        int one, bytes;
        CHECK(ask_for("sockets", in_directory("host"), id, &one) == 0);
        int other = accept(server, NULL, NULL);
        struct ucred who;
        socklen_t size = sizeof who;
        CHECK(getsockopt(other, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && who.uid == id && who.gid == id);
        char text[300], line[64] = "", status[4096];
        snprintf(text, sizeof text, "/proc/%d/status", who.pid);
        FILE *file = fopen(text, "re");
        CHECK(file != NULL);
        size_t length = file ? fread(status, 1, sizeof status - 1, file) : 0;
        status[length] = 0;
        snprintf(line, sizeof line, "CapEff:\t%016x\nCapBnd:\t%016x\n", 0, 0);
        CHECK(strstr(status, line) != NULL);
        if (file) fclose(file);
        CHECK(send(one, "there", 5, 0) == 5 && recv(other, text, 5, MSG_WAITALL) == 5 && memcmp(text, "there", 5) == 0);
        CHECK(shutdown(one, SHUT_WR) == 0 && recv(other, text, 5, 0) == 0); /* one direction ends, the other goes on */
        CHECK(send(other, "back", 4, 0) == 4 && recv(one, text, 4, MSG_WAITALL) == 4 && memcmp(text, "back", 4) == 0);
        close(other);
        CHECK((bytes = (int)recv(one, text, 5, 0)) == 0);
        close(one);
    }

    int connection;
    CHECK(chmod(in_directory("host"), 0700) == 0);
    CHECK(ask_for("sockets", in_directory("host"), 1000, &connection) == EACCES);
    close(connection);
    CHECK(symlink("host", in_directory("link")) == 0 && mkdir(in_directory("real"), 0755) == 0);
    CHECK(ask_for("sockets", in_directory("link"), 0, &connection) == ELOOP);
    close(connection);
    CHECK(symlink(".", in_directory("above")) == 0);
    CHECK(ask_for("sockets", in_directory("above/host"), 0, &connection) == ELOOP);
    close(connection);
    CHECK(ask_for("sockets", in_directory("real"), 0, &connection) == ENOTSOCK);
    close(connection);
    CHECK(ask_for("sockets", in_directory("none"), 0, &connection) == ENOENT);
    close(connection);
    close(server);
    CHECK(ask_for("sockets", in_directory("host"), 0, &connection) == ECONNREFUSED); /* a file that a dead server left */
    close(connection);
    kill(pid, SIGKILL);
    CHECK(waitpid(pid, NULL, 0) == pid);
}

/* ---- ends of FIFOs, held for a daemon's successor */

/* A process that has a FIFO open in one mode, under a number that is not its lowest, and waits to be killed. */
static pid_t owner_of(const char *fifo, int mode) {
    int ready[2];
    char byte;
    CHECK(pipe(ready) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        int both = open(fifo, O_RDWR), end = open(fifo, mode);
        if (mode != O_RDWR) close(both);
        if (end < 0 || write(ready[1], "", 1) != 1) _exit(1);
        for (;;) pause();
    }
    close(ready[1]);
    CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    return pid;
}

static const struct hold *take_end(pid_t owner, const struct stat *s, int access) {
    return holds_take(&(struct hold_call){.owner = owner, .device = s->st_dev, .inode = s->st_ino, .access = access});
}

static void end_owner(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* True if a reader finds that there is no writer (any more). */
static bool at_its_end(int reader) {
    char byte;
    ssize_t n = read(reader, &byte, 1);
    CHECK(n == 0 || (n < 0 && errno == EAGAIN));
    return n == 0;
}

static void a_write_end_is_held_beyond_its_owner(void) {
    char fifo[64], other[64];
    struct stat s, not_a_fifo;
    snprintf(fifo, sizeof fifo, "%s/fifo", directory);
    snprintf(other, sizeof other, "%s/other", directory);
    CHECK(mkfifo(fifo, 0600) == 0 && mkfifo(other, 0600) == 0 && stat(fifo, &s) == 0 && stat(directory, &not_a_fifo) == 0);
    pid_t owner = owner_of(fifo, O_WRONLY), reads = owner_of(other, O_RDONLY);
    int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    unlink(fifo); /* its name is of no matter */
    const struct hold *held = take_end(owner, &s, O_WRONLY);
    CHECK(held != NULL && held->handle != 0);
    if (!held) return;
    uint32_t handle = held->handle;
    CHECK((fcntl(held->fd, F_GETFL) & O_ACCMODE) == O_WRONLY && (fcntl(held->fd, F_GETFD) & FD_CLOEXEC) != 0);
    end_owner(owner);
    CHECK(!at_its_end(reader));

    CHECK(take_end(owner, &s, O_WRONLY) == NULL && errno == ESRCH);
    CHECK(stat(other, &s) == 0);
    CHECK(take_end(reads, &s, O_WRONLY) == NULL && errno == ENOENT); /* it has the other end */
    CHECK(take_end(reads, &not_a_fifo, O_WRONLY) == NULL && errno == ENOENT);
    const struct hold *input = take_end(reads, &s, O_RDONLY);
    CHECK(input != NULL && input->handle == handle + 1);
    end_owner(reads);
    int writer = open(other, O_WRONLY | O_NONBLOCK);
    CHECK(writer >= 0 && write(writer, "x", 1) == 1); /* else nobody would read */
    holds_release(handle + 1);
    signal(SIGPIPE, SIG_IGN);
    CHECK(write(writer, "x", 1) < 0 && errno == EPIPE);
    close(writer);

    holds_release(handle + 2);
    holds_release(0);
    CHECK(!at_its_end(reader));
    holds_release(handle);
    CHECK(at_its_end(reader));
    holds_release(handle);
    close(reader);
}

static void held_ends_leave_room_for_what_else_is_open(void) {
    char fifo[64];
    struct stat s;
    snprintf(fifo, sizeof fifo, "%s/many", directory);
    CHECK(mkfifo(fifo, 0600) == 0 && stat(fifo, &s) == 0);
    pid_t owner = owner_of(fifo, O_WRONLY);
    struct rlimit before, few;
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    few = (struct rlimit){.rlim_cur = 64, .rlim_max = before.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    uint32_t handles[64];
    size_t count = 0;
    const struct hold *held;
    while (count < 64 && (held = take_end(owner, &s, O_WRONLY)) != NULL) handles[count++] = held->handle;
    CHECK(count > 0 && count < 32 && errno == EMFILE);
    int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    end_owner(owner);
    while (count > 0) {
        CHECK(!at_its_end(reader));
        holds_release(handles[--count]);
    }
    CHECK(at_its_end(reader));
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    close(reader);
}

int main(void) {
    if (!mkdtemp(directory)) return 1;
    flags_in_all_of_gos_forms();
    identifiers();
    paths_are_cleaned_as_go_does();
    socket_follows_containerds_convention();
    bootstrap_forms();
    sandbox_of_a_bundle();
    frames_are_read_when_whole();
    ring_keeps_the_end();
    journal_survives_its_writer();
    overlay_options_are_shortened();
    directories_are_removed_without_following_links();
    a_cgroup_that_stays_is_told_and_stays_recorded();
    frequency_of_the_tsc_is_steady();
    memory_of_a_template_is_copied_to_a_sibling();
    rights_that_nobody_needs_go();
    marks_of_cores_are_told();
    a_monitor_that_floods_is_given_up();
    questions_without_end_are_asked_at_a_pace();
    calls_that_only_ask_are_known();
    lists_of_frames_keep_their_order();
    a_process_that_ends_is_told_from_one_that_lives();
    sockets_of_the_host_are_connected_to_as_whom_is_asked();
    a_write_end_is_held_beyond_its_owner();
    held_ends_leave_room_for_what_else_is_open();
    directory_remove(directory, NULL);
    return failures > 0;
}
