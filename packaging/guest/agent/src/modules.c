#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"

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

static struct {
    const char *name;
    char path[512];
} search;

// The kernel takes '-' and '_' in a module's name for the same.
static bool is_module_file(const char *file, const char *name) {
    for (; *name != 0; name++, file++)
        if (*file != *name && !((*file == '-' || *file == '_') && (*name == '-' || *name == '_'))) return false;
    return strcmp(file, ".ko") == 0;
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *position) {
    (void)status;
    if (kind != FTW_F || !is_module_file(path + position->base, search.name)) return 0;
    return (size_t)snprintf(search.path, sizeof search.path, "%s", path) < sizeof search.path;
}

static bool is_loaded_or_builtin(const char *name) {
    char path[300];
    snprintf(path, sizeof path, "/sys/module/%s", name);
    for (char *c = path + sizeof "/sys/module/" - 1; *c != 0; c++)
        if (*c == '-') *c = '_';
    return access(path, F_OK) == 0;
}

bool module_load_by_name(const char *name, char *const *parameters, size_t count, char *error, size_t error_size) {
    if (name[0] == 0 || strlen(name) > 255 || strchr(name, '/') != NULL) {
        snprintf(error, error_size, "kernel module \"%.64s\": not a module's name", name);
        return false;
    }
    if (is_loaded_or_builtin(name)) return true;
    char words[1024];
    size_t used = 0;
    words[0] = 0;
    for (size_t i = 0; i < count && used < sizeof words; i++)
        used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", i > 0 ? " " : "", parameters[i]);
    search.name = name;
    if (used >= sizeof words || nftw("/lib/modules", visit, 16, FTW_PHYS) != 1) {
        snprintf(error, error_size, "kernel module %s: %s", name,
                 used >= sizeof words ? "parameters longer than 1 KiB" : "no such file below /lib/modules of the guest image");
        return false;
    }
    int fd = open(search.path, O_RDONLY | O_CLOEXEC);
    bool loaded = fd >= 0 && (syscall(SYS_finit_module, fd, words, 0) == 0 || errno == EEXIST);
    if (!loaded) snprintf(error, error_size, "kernel module %s (%s) with \"%s\": %s", name, search.path, words, strerror(errno));
    if (fd >= 0) close(fd);
    return loaded;
}
