#define _GNU_SOURCE
#include "bundle.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

#define CONFIG_LIMIT (16u << 20)
#define IDENTIFIER_LIMIT 76

/* The annotations that say to which sandbox a container belongs: containerd's, CRI-O's, dockershim's. The annotation
 * io.containerd.runc.v2.group is not among them: it groups containers into one shim process, and
 * here that would put a container into the VM of another. */
static const struct {
    const char *sandbox_id;
    const char *type;
} dialects[] = {
    {"io.kubernetes.cri.sandbox-id", "io.kubernetes.cri.container-type"},
    {"io.kubernetes.cri-o.SandboxID", "io.kubernetes.cri-o.ContainerType"},
    {"io.kubernetes.sandbox.id", "io.kubernetes.docker.type"},
};

bool identifier_valid(const char *text) {
    size_t length = strlen(text);
    if (length == 0 || length > IDENTIFIER_LIMIT) return false;
    bool joiner = true; /* a joiner may not come first */
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool plain = c < 0x80 && isalnum(c);
        if (!plain && (joiner || !strchr("._-", c))) return false;
        joiner = !plain;
    }
    return !joiner;
}

static int read_annotations(const json_t *annotations, struct bundle *bundle, struct fault *f) {
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        const char *sandbox = json_string_value(json_object_get(annotations, dialects[i].sandbox_id));
        if (!sandbox || !*sandbox) continue;
        if (!identifier_valid(sandbox))
            return fault(f, "%s/config.json: annotation %s: \"%.100s\" (expected: a container id)", bundle->path, dialects[i].sandbox_id,
                         sandbox);
        snprintf(bundle->sandbox_id, sizeof bundle->sandbox_id, "%s", sandbox);
        const char *type = json_string_value(json_object_get(annotations, dialects[i].type));
        bundle->member = type && strcmp(type, "container") == 0;
        return 0;
    }
    return 0;
}

int bundle_open(const char *path, const char *id, struct bundle *bundle, struct fault *f) {
    *bundle = (struct bundle){0};
    char here[PATH_MAX] = "";
    if (path[0] != '/' && !getcwd(here, sizeof here)) return fault(f, "current directory (expected: the bundle): %s", strerror(errno));
    char joined[2 * PATH_MAX], clean[2 * PATH_MAX];
    if (snprintf(joined, sizeof joined, "%s/%s", here, path) >= (int)sizeof joined)
        return fault(f, "flag -bundle: longer than %zu characters", sizeof joined);
    path_clean(joined, clean);
    if (strlen(clean) >= sizeof bundle->path) return fault(f, "flag -bundle: longer than %zu characters", sizeof bundle->path);
    memcpy(bundle->path, clean, strlen(clean) + 1);
    snprintf(bundle->sandbox_id, sizeof bundle->sandbox_id, "%s", id);

    char config[PATH_MAX + 16];
    snprintf(config, sizeof config, "%s/config.json", bundle->path);
    struct bytes text = {0};
    if (file_read(config, CONFIG_LIMIT, &text) != 0) {
        int error = errno;
        bytes_free(&text);
        return error == ENOENT ? 0 : fault(f, "%s: %s", config, strerror(error));
    }
    /* Limits up to 2^64-1 are legal in config.json and too large for the library's integers. */
    json_error_t problem;
    json_t *root = json_loadb((char *)text.data, text.length, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &problem);
    bytes_free(&text);
    if (!root) return fault(f, "%s: line %d: %s", config, problem.line, problem.text);
    int result = read_annotations(json_object_get(root, "annotations"), bundle, f);
    json_decref(root);
    return result;
}

int bundle_write_address(const struct bundle *bundle, const char *address, struct fault *f) {
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/address", bundle->path);
    if (file_replace(path, 0644, address, strlen(address)) != 0) return fault(f, "%s: %s", path, strerror(errno));
    return 0;
}

unsigned bundle_init_pid(const struct bundle *bundle) {
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/init.pid", bundle->path);
    struct bytes text = {0};
    unsigned long pid = 0;
    if (file_read(path, 32, &text) == 0) pid = strtoul((char *)text.data, NULL, 10);
    bytes_free(&text);
    return pid <= INT_MAX ? (unsigned)pid : 0;
}

int bundle_open_log(const char *path) {
    char log[PATH_MAX + 16];
    snprintf(log, sizeof log, "%s/log", path);
    /* Reading as well, so that a containerd that is gone is a full pipe and not a broken one. */
    int fd = open(log, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    struct stat s;
    if (fd >= 0 && (fstat(fd, &s) != 0 || !S_ISFIFO(s.st_mode))) {
        close(fd);
        return -1;
    }
    return fd;
}
