/* What a call of containerd's is understood to ask for: flags, bootstrap parameters, the bundle, where the sandbox has its socket. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/bootstrap.h"
#include "../../src/bundle.h"
#include "../../src/bytes.h"
#include "../../src/files.h"
#include "../../src/flags.h"
#include "../../src/protobuf.h"
#include "../../src/sandbox_paths.h"
#include "unit.h"

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

void start_up_tests(void) {
    flags_in_all_of_gos_forms();
    identifiers();
    paths_are_cleaned_as_go_does();
    socket_follows_containerds_convention();
    bootstrap_forms();
    sandbox_of_a_bundle();
}
