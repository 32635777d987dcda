#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"

// Where the host shows the modules that belong to the kernel it boots, a directory for each release.
#define SHARED_MODULES "/run/kata-containers/shared/containers/.modules"

static void load(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)) log_error("module %s: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
}

// Loads the next one of a list; false at its end.
static bool load_next(FILE *order) {
    char line[512];
    if (fgets(line, sizeof line, order) == NULL) return false;
    line[strcspn(line, "\n")] = 0;
    if (line[0] == '/') load(line);
    return true;
}

// A list that is not there is that of a kernel with everything built in.
void modules_load(const char *order_path) {
    FILE *order = fopen(order_path, "re");
    while (order != NULL && load_next(order)) {}
    if (order != NULL) fclose(order);
}

// ---- later

static FILE *later;
static struct timer next_turn;
static void (*later_done)(void);

static void end_later(void) {
    if (later != NULL) fclose(later);
    later = NULL;
    timer_stop(&next_turn);
    later_done();
}

static void take_turn(struct timer *timer) {
    if (later != NULL && load_next(later))
        timer_start(timer, 0);
    else
        end_later();
}

void modules_load_later(const char *order_path, void (*done)(void)) {
    later = fopen(order_path, "re");
    later_done = done;
    timer_init(&next_turn, take_turn);
    timer_start(&next_turn, 0);
}

void modules_finish(void) {
    if (later == NULL) return;
    while (load_next(later)) {}
    end_later();
}

// ---- by name

static bool is_name(const char *name) {
    return name[0] != 0 && strlen(name) < 256 && strchr(name, '/') == NULL && strchr(name, '\n') == NULL;
}

// Those of the image lie flat, and what they depend on is loaded already: the image has them for being quick.
static enum module_result load_from_image(const char *name, const char *parameters, char *error, size_t error_size) {
    char path[512];
    snprintf(path, sizeof path, "/lib/modules/%s.ko", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return MODULE_UNKNOWN;
    bool loaded = syscall(SYS_finit_module, fd, parameters, 0) == 0 || errno == EEXIST;
    if (!loaded) snprintf(error, error_size, "kernel module %s: %s with \"%s\": %s", name, path, parameters, strerror(errno));
    close(fd);
    return loaded ? MODULE_LOADED : MODULE_FAILED;
}

// Whether a module can be used. One that another process is loading is known already, but what it offers is not there yet; to load it once
// more waits for that. What is built in has a directory, and no state.
static bool is_loaded(const char *name) {
    char path[320], state[16] = "";
    int length = snprintf(path, sizeof path, "/sys/module/%s", name);
    for (char *c = path + sizeof "/sys/module/" - 1; *c != 0; c++)
        if (*c == '-') *c = '_';
    if (access(path, F_OK) != 0) return false;
    snprintf(path + length, sizeof path - (size_t)length, "/initstate");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT;
    ssize_t read_bytes = read(fd, state, sizeof state - 1);
    close(fd);
    return read_bytes > 0 && strcmp(state, "live\n") == 0;
}

static enum module_result load_with_parameters(const char *name, const char *parameters, char *error, size_t error_size) {
    enum module_result result = load_from_image(name, parameters, error, error_size);
    if (result != MODULE_UNKNOWN) return result;
    struct utsname kernel;
    char tree[sizeof SHARED_MODULES + sizeof kernel.release + 1];
    uname(&kernel);
    snprintf(tree, sizeof tree, SHARED_MODULES "/%s", kernel.release);
    result = module_tree_load(tree, name, parameters, error, error_size);
    if (result == MODULE_UNKNOWN)
        snprintf(error, error_size, "kernel module %s: neither in the guest image nor in modules/%s beside the kernel%s", name,
                 kernel.release, access(tree, F_OK) == 0 ? "" : ", a directory that is not there on the host");
    return result;
}

enum module_result modules_demand(const char *name, char *error, size_t error_size) {
    if (!is_name(name)) return MODULE_UNKNOWN;
    return load_with_parameters(name, "", error, error_size);
}

bool module_load_by_name(const char *name, char *const *parameters, size_t count, char *error, size_t error_size) {
    if (!is_name(name)) {
        snprintf(error, error_size, "kernel module \"%.64s\": not a module's name", name);
        return false;
    }
    if (is_loaded(name)) return true;
    char words[1024];
    size_t used = 0;
    words[0] = 0;
    for (size_t i = 0; i < count && used < sizeof words; i++)
        used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", i > 0 ? " " : "", parameters[i]);
    if (used >= sizeof words) {
        snprintf(error, error_size, "kernel module %s: parameters longer than 1 KiB", name);
        return false;
    }
    return load_with_parameters(name, words, error, error_size) == MODULE_LOADED;
}

// iptables of the older kind runs the container's own modprobe for them, which few images have.
void modules_for_firewalls(void) {
    static const char *const names[] = {"ip_tables", "ip6_tables"};
    static bool tried;
    for (size_t i = 0; !tried && i < sizeof names / sizeof names[0]; i++) {
        char error[1024];
        if (!is_loaded(names[i]) && modules_demand(names[i], error, sizeof error) != MODULE_LOADED) log_debug("%s", error);
    }
    tried = true;
}
