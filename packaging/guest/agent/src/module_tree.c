#include "module_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files.h"

enum {
    NAME_SIZE = 256,
    DEPENDENCIES_LIMIT = 64,
    ALIASES_LIMIT = 16,
    DEPTH_LIMIT = 4, // of other names and of soft dependencies; a real tree needs two
};

struct search {
    const char *directory;
    char *error;
    size_t error_size;
    unsigned depth;
};

static enum module_result load(struct search *search, const char *given, const char *parameters);

// ---- names

// The kernel takes '-' and '_' for the same, but for ranges in brackets.
static void canonical(char *to, const char *from, size_t length) {
    bool brackets = false;
    size_t used = 0;
    for (; used < length && used < NAME_SIZE - 1; used++) {
        brackets = from[used] == '[' || (brackets && from[used] != ']');
        to[used] = from[used] == '-' && !brackets ? '_' : from[used];
    }
    to[used] = 0;
}

// The module's name in "kernel/net/some-module.ko".
static void name_of_file(char *name, const char *file, size_t length) {
    for (size_t i = length; i-- > 0;)
        if (file[i] == '/') {
            file += i + 1;
            length -= i + 1;
            break;
        }
    canonical(name, file, length > 3 && memcmp(file + length - 3, ".ko", 3) == 0 ? length - 3 : length);
}

// ---- lists

static FILE *open_list(const struct search *search, const char *list) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", search->directory, list);
    return fopen(path, "re");
}

// The line of modules.dep "FILE: FILE..." for a module; the caller frees it. NULL if there is none.
static char *find_dependencies(const struct search *search, const char *name) {
    FILE *list = open_list(search, "modules.dep");
    char *line = NULL, candidate[NAME_SIZE];
    size_t size = 0;
    bool found = false;
    while (list != NULL && !found && getline(&line, &size, list) > 0) {
        line[strcspn(line, "\n")] = 0;
        size_t end = strcspn(line, ":");
        name_of_file(candidate, line, end);
        found = line[end] == ':' && strcmp(candidate, name) == 0;
    }
    if (list != NULL) fclose(list);
    if (found) return line;
    free(line);
    return NULL;
}

static bool is_built_in(const struct search *search, const char *name) {
    FILE *list = open_list(search, "modules.builtin");
    char *line = NULL, candidate[NAME_SIZE];
    size_t size = 0;
    bool found = false;
    while (list != NULL && !found && getline(&line, &size, list) > 0) {
        name_of_file(candidate, line, strcspn(line, "\n"));
        found = strcmp(candidate, name) == 0;
    }
    free(line);
    if (list != NULL) fclose(list);
    return found;
}

// The modules with another name, from lines "alias PATTERN MODULE".
static size_t find_aliases(const struct search *search, const char *alias, char names[][NAME_SIZE]) {
    FILE *list = open_list(search, strncmp(alias, "symbol:", 7) == 0 ? "modules.symbols" : "modules.alias");
    char *line = NULL, pattern[NAME_SIZE];
    size_t size = 0, count = 0;
    while (list != NULL && count < ALIASES_LIMIT && getline(&line, &size, list) > 0) {
        if (strncmp(line, "alias ", 6) != 0) continue;
        const char *from = line + 6;
        size_t length = strcspn(from, " ");
        canonical(pattern, from, length);
        if (from[length] != ' ' || fnmatch(pattern, alias, 0) != 0) continue;
        from += length + 1;
        canonical(names[count++], from, strcspn(from, "\n"));
    }
    free(line);
    if (list != NULL) fclose(list);
    return count;
}

// ---- loading

static bool is_live(const char *name) {
    char path[NAME_SIZE + 64], state[32];
    snprintf(path, sizeof path, "/sys/module/%s/initstate", name);
    return read_word(path, state, sizeof state) && strcmp(state, "live") == 0;
}

// What the kernel means by the number: for these it is not what the number means elsewhere.
static const char *reason(int error) {
    switch (error) {
    case ENOENT: return "a symbol or parameter in it is not known";
    case ENOEXEC: return "not a module of this kernel";
    default: return strerror(error);
    }
}

// Interfaces that some modules make as they are loaded would appear in the pod's network, which is the guest's own. On a host they are
// the host's, and a pod finds the name free. And of the connections that a firewall follows there may be as many as on a host: by itself
// the module has room for one for each 128 KiB that the guest booted with, 1,280 of a small one; a half MiB for its table is a good price.
static const char *usual_parameters(const char *name) {
    static const struct {
        const char *name, *parameters;
    } known[] = {{"bonding", "max_bonds=0"}, {"dummy", "numdummies=0"}, {"ifb", "numifbs=0"}, {"nf_conntrack", "hashsize=32768"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0) return known[i].parameters;
    return "";
}

static enum module_result load_file(const struct search *search, const char *file, size_t length, const char *parameters) {
    char path[1024], name[NAME_SIZE];
    name_of_file(name, file, length);
    if (is_live(name)) return MODULE_LOADED;
    if (parameters[0] == 0) parameters = usual_parameters(name);
    snprintf(path, sizeof path, "%s/%.*s", search->directory, (int)length, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        snprintf(search->error, search->error_size, "kernel module %s: %s: %s", name, path, strerror(errno));
        return MODULE_FAILED;
    }
    bool loaded = syscall(SYS_finit_module, fd, parameters, 0) == 0 || errno == EEXIST;
    if (!loaded) snprintf(search->error, search->error_size, "kernel module %s: %s with \"%s\": %s", name, path, parameters, reason(errno));
    close(fd);
    return loaded ? MODULE_LOADED : MODULE_FAILED;
}

// Lines "softdep MODULE pre: NAME... post: NAME...". What is missing is missing: the module goes without.
static void load_companions(struct search *search, const char *name, const char *when) {
    FILE *list = open_list(search, "modules.softdep");
    char *line = NULL, owner[NAME_SIZE], unheard[256];
    size_t size = 0;
    struct search companion = *search;
    companion.error = unheard;
    companion.error_size = sizeof unheard;
    companion.depth++;
    while (list != NULL && getline(&line, &size, list) > 0) {
        if (strncmp(line, "softdep ", 8) != 0) continue;
        char *rest = line, *word;
        strsep(&rest, " ");
        word = strsep(&rest, " \n");
        canonical(owner, word, strlen(word));
        if (strcmp(owner, name) != 0) continue;
        const char *section = "";
        while ((word = strsep(&rest, " \n")) != NULL) {
            bool heading = strcmp(word, "pre:") == 0 || strcmp(word, "post:") == 0;
            if (heading)
                section = word;
            else if (word[0] != 0 && strcmp(section, when) == 0)
                load(&companion, word, "");
        }
    }
    free(line);
    if (list != NULL) fclose(list);
}

static enum module_result load_with_companions(struct search *search, const char *file, size_t length, const char *parameters) {
    char name[NAME_SIZE];
    name_of_file(name, file, length);
    if (is_live(name)) return MODULE_LOADED;
    load_companions(search, name, "pre:");
    enum module_result result = load_file(search, file, length, parameters);
    if (result == MODULE_LOADED) load_companions(search, name, "post:");
    return result;
}

// A line of modules.dep names what is needed first last.
static enum module_result load_chain(struct search *search, const char *line, const char *parameters) {
    const char *files[DEPENDENCIES_LIMIT];
    size_t lengths[DEPENDENCIES_LIMIT], count = 0, target = strcspn(line, ":");
    for (const char *c = line + target + 1; *c != 0 && count < DEPENDENCIES_LIMIT;) {
        c += strspn(c, " ");
        size_t length = strcspn(c, " ");
        if (length == 0) continue;
        files[count] = c;
        lengths[count++] = length;
        c += length;
    }
    while (count-- > 0)
        if (load_with_companions(search, files[count], lengths[count], "") == MODULE_FAILED) return MODULE_FAILED;
    return load_with_companions(search, line, target, parameters);
}

static enum module_result load_by_alias(struct search *search, const char *alias) {
    char names[ALIASES_LIMIT][NAME_SIZE] = {{0}};
    size_t count = find_aliases(search, alias, names);
    enum module_result result = MODULE_UNKNOWN;
    struct search below = *search;
    below.depth++;
    for (size_t i = 0; i < count; i++) {
        enum module_result one = load(&below, names[i], "");
        if (one == MODULE_LOADED || result == MODULE_UNKNOWN) result = one;
    }
    return result;
}

static enum module_result load(struct search *search, const char *given, const char *parameters) {
    char name[NAME_SIZE];
    canonical(name, given, strlen(given));
    if (search->depth > DEPTH_LIMIT) return MODULE_UNKNOWN;
    char *line = find_dependencies(search, name);
    if (line != NULL) {
        enum module_result result = load_chain(search, line, parameters);
        free(line);
        return result;
    }
    return is_built_in(search, name) ? MODULE_LOADED : load_by_alias(search, name);
}

enum module_result module_tree_load(const char *directory, const char *name, const char *parameters, char *error, size_t error_size) {
    struct search search = {.directory = directory, .error = error, .error_size = error_size};
    snprintf(error, error_size, "kernel module %s: not among those in %s", name, directory);
    return load(&search, name, parameters);
}
