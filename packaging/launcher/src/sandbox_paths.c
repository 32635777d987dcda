#include "sandbox_paths.h"

#include <nettle/sha2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

#define SOCKET_PATH_LIMIT 106

static void socket_hash(const char *text, char hex[2 * SHA256_DIGEST_SIZE + 1]) {
    struct sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&context);
    sha256_update(&context, strlen(text), (const uint8_t *)text);
    sha256_digest(&context, sizeof digest, digest);
    for (int i = 0; i < SHA256_DIGEST_SIZE; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static int set_run_base(struct sandbox_paths *paths, struct fault *f) {
    const char *base = getenv("SAYA_RUN_DIR");
    if (!base || !*base) base = DEFAULT_RUN_BASE;
    /* QEMU's sockets live below; their paths share the limit of the daemon's. */
    if (base[0] != '/' || strlen(base) > 40)
        return fault(f, "SAYA_RUN_DIR: \"%.200s\" (expected: an absolute path of at most 40 characters)", base);
    snprintf(paths->run_base, sizeof paths->run_base, "%s", base);
    return 0;
}

int sandbox_paths(const char *address, const char *namespace, const char *sandbox_id, const char *socket_directory,
                  struct sandbox_paths *paths, struct fault *f) {
    char joined[2 * PATH_MAX], clean[2 * PATH_MAX], hash[2 * SHA256_DIGEST_SIZE + 1];
    /* Go's filepath.Join leaves out empty elements, so an absent address must not become "/". */
    int length = snprintf(joined, sizeof joined, "%s%s%s/%s", address, *address ? "/" : "", namespace, sandbox_id);
    if (length >= (int)sizeof joined) return fault(f, "flag -address: %zu characters (expected: at most %d)", strlen(address), PATH_MAX);
    path_clean(joined, clean);
    socket_hash(clean, hash);

    const char *directory = *socket_directory ? socket_directory : DEFAULT_SOCKET_DIRECTORY;
    if (directory[0] != '/' || strlen(directory) + 1 + strlen(hash) > SOCKET_PATH_LIMIT)
        return fault(f, "socket_dir: \"%.200s\" (expected: an absolute path of at most %zu characters)", directory,
                     SOCKET_PATH_LIMIT - 1 - strlen(hash));
    snprintf(paths->socket, sizeof paths->socket, "%.*s/%s", (int)(SOCKET_PATH_LIMIT - 65), directory, hash);
    snprintf(paths->address, sizeof paths->address, "unix://%s", paths->socket);

    if (set_run_base(paths, f) != 0) return -1;
    snprintf(paths->run_directory, sizeof paths->run_directory, "%.40s/%.40s-%.12s", paths->run_base, sandbox_id, hash);
    return 0;
}

int sandbox_paths_of_run_directory(const char *run_directory, struct sandbox_paths *paths, struct fault *f) {
    *paths = (struct sandbox_paths){0};
    if (set_run_base(paths, f) != 0) return -1;
    size_t length = strlen(paths->run_base);
    bool below = strncmp(run_directory, paths->run_base, length) == 0 && run_directory[length] == '/';
    const char *name = below ? run_directory + length + 1 : "";
    if (*name == 0 || *name == '.' || strchr(name, '/') || strlen(run_directory) >= sizeof paths->run_directory)
        return fault(f, "flag -bundle: \"%.200s\" (expected: a directory in %s)", run_directory, paths->run_base);
    snprintf(paths->run_directory, sizeof paths->run_directory, "%s", run_directory);
    return 0;
}
