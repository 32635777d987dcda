#define _GNU_SOURCE
#include "daemon.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "files.h"
#include "rights.h"
#include "tsc.h"

#define MAIN_CLASS "io.saya.shim.Main"
#define OPTIONS_LIMIT (64u * 1024)
#define WORD_LIMIT 512

/* A list of words that ends with NULL. */
struct words {
    char *items[WORD_LIMIT + 1];
    size_t count;
};

static void add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *words, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *word = NULL;
    if (words->count < WORD_LIMIT && vasprintf(&word, format, arguments) >= 0) words->items[words->count++] = word;
    va_end(arguments);
}

/* The directory above bin/, where this program was started from. */
int daemon_installation(char *directory, size_t size, struct fault *f) {
    ssize_t n = readlink("/proc/self/exe", directory, size - 1);
    if (n < 0) return fault(f, "/proc/self/exe: %s", strerror(errno));
    directory[n] = 0;
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(directory, '/');
        if (slash) *slash = 0;
    }
    return 0;
}

/* Replaces %install% and %run%. */
static char *expand(const char *text, const char *install, const char *run) {
    struct bytes out = {0};
    while (*text) {
        const char *value = NULL;
        size_t length = 1;
        if (strncmp(text, "%install%", 9) == 0)
            value = install, length = 9;
        else if (strncmp(text, "%run%", 5) == 0)
            value = run, length = 5;
        bytes_append(&out, value ? value : text, value ? strlen(value) : 1);
        text += length;
    }
    bytes_u8(&out, 0);
    return (char *)out.data;
}

/* One option on a line; "#" begins a comment; "?FILE OPTION" counts only if the file exists. */
static void add_option_lines(struct words *words, char *lines, const char *install, const char *run) {
    char *save = NULL;
    for (char *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        line += strspn(line, " \t");
        if (*line == 0 || *line == '#') continue;
        char *option = expand(line, install, run);
        char *start = option;
        bool wanted = true;
        if (*option == '?') {
            char *blank = strchr(option, ' ');
            if (blank) *blank = 0;
            wanted = blank && access(option + 1, R_OK) == 0;
            start = blank ? blank + 1 : option;
        }
        if (wanted) add(words, "%s", start);
        free(option);
    }
}

static int is_jar(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".jar") == 0;
}

/* All jars of lib/ by name: an AOT cache only fits the class path that it was trained with, in order. */
static int add_class_path(struct words *words, const char *install, struct fault *f) {
    const char *given = getenv("SAYA_CLASSPATH");
    add(words, "-cp");
    if (given && *given) {
        add(words, "%s", given);
        return 0;
    }
    char library[PATH_MAX + 8];
    snprintf(library, sizeof library, "%s/lib", install);
    struct dirent **jars = NULL;
    int count = scandir(library, &jars, is_jar, alphasort);
    struct bytes path = {0};
    for (int i = 0; i < count; i++) {
        char jar[2 * PATH_MAX];
        int length = snprintf(jar, sizeof jar, "%s%s/%s", i ? ":" : "", library, jars[i]->d_name);
        bytes_append(&path, jar, (size_t)length);
        free(jars[i]);
    }
    free(jars);
    bytes_u8(&path, 0);
    add(words, "%s", (char *)path.data);
    bytes_free(&path);
    return count > 0 ? 0
                     : fault(f,
                             "%s: no jar (expected: the installation's jars; "
                             "for development, SAYA_CLASSPATH with a class path)",
                             library);
}

static int java_command(const struct launch *launch, const char *install, const char *action, struct words *words, struct fault *f) {
    char file[PATH_MAX + 64];
    const char *home = getenv("SAYA_JAVA_HOME");
    if (home && *home)
        add(words, "%s/bin/java", home);
    else
        add(words, "%s/lib/runtime/bin/java", install);
    if (access(words->items[0], X_OK) != 0)
        return fault(f,
                     "%s: %s (expected: the installation's Java runtime; for development, SAYA_JAVA_HOME "
                     "with that of a JDK 25)",
                     words->items[0], strerror(errno));

    /* A word of the VM on stdout would break the guard channel. */
    add(words, "-XX:+DisplayVMOutputToStderr");
    add(words, "-Xlog:disable");
    add(words, "-Xlog:all=error:stderr");
    add(words, "-Dsaya.home=%s", install); /* where the daemon finds the default configuration */
    snprintf(file, sizeof file, "%s/lib/jvm.options", install);
    struct bytes options = {0};
    if (file_read(file, OPTIONS_LIMIT, &options) == 0)
        add_option_lines(words, (char *)options.data, install, launch->paths->run_directory);
    else if (errno != ENOENT) /* a development tree has none */
        return fault(f, "%s: %s", file, strerror(errno));
    bytes_free(&options);
    const char *more = getenv("SAYA_JAVA_OPTIONS");
    if (more) {
        char *copy = strdup(more);
        char *save = NULL;
        for (char *word = copy ? strtok_r(copy, " ", &save) : NULL; word; word = strtok_r(NULL, " ", &save)) add(words, "%s", word);
        free(copy);
    }
    if (add_class_path(words, install, f) != 0) return -1;

    const struct flags *flags = launch->flags;
    const char *named[][2] = {{"-namespace", flags->namespace},
                              {"-address", flags->address},
                              {"-publish-binary", flags->publish_binary},
                              {"-id", flags->id},
                              {"-bundle", launch->bundle->path}};
    add(words, MAIN_CLASS);
    add(words, "%s", action);
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        add(words, "%s", named[i][0]);
        add(words, "%s", named[i][1]);
    }
    if (flags->debug) add(words, "-debug");
    return 0;
}

/* containerd's whole environment leaks into a shim: proxies, sockets of systemd, and JAVA_TOOL_OPTIONS,
 * which makes a JVM talk where it must not. What is not known to be needed stays behind. */
static void daemon_environment(const struct launch *launch, struct words *words) {
    static const char *const kept[] = {"PATH=",         "HOME=",          "TZ=",         "TMPDIR=",           "TTRPC_ADDRESS=",
                                       "GRPC_ADDRESS=", "NAMESPACE=",     "SCHED_CORE=", "MAX_SHIM_VERSION=", "XDG_RUNTIME_DIR=",
                                       "SAYA_",         "KATA_CONF_FILE="};
    for (char **variable = environ; *variable; variable++)
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
            if (strncmp(*variable, kept[i], strlen(kept[i])) == 0) add(words, "%s", *variable);
    add(words, "LC_ALL=C.UTF-8");     /* file names are bytes; Java must not lose any */
    add(words, "MALLOC_ARENA_MAX=1"); /* glibc's arenas would cost each pod more than they give */
    unsigned long khz = tsc_khz(launch->began);
    if (khz) add(words, "SAYA_TSC_KHZ=%lu", khz);
}

static void daemon_main(const struct launch *launch, const struct words *command, const struct words *environment, pid_t guard,
                        const int stdio[3]) {
    if (!child_settle(guard)) _exit(127);
    setsid();
    for (int i = 0; i < 3; i++)
        if (dup2(stdio[i], i) < 0) _exit(127);
    if (launch->socket.fd < 0)
        close(DAEMON_LISTENER);
    else if (launch->socket.fd != DAEMON_LISTENER)
        dup2(launch->socket.fd, DAEMON_LISTENER);
    else
        fcntl(DAEMON_LISTENER, F_SETFD, 0);
    if (!rights_of_daemon()) {
        fprintf(stderr, "give up rights that the daemon does not need: %s\n", strerror(errno));
        _exit(127);
    }
    execve(command->items[0], command->items, environment->items);
    fprintf(stderr, "execute %s: %s\n", command->items[0], strerror(errno));
    _exit(127);
}

static void free_words(struct words *words) {
    for (size_t i = 0; i < words->count; i++) free(words->items[i]);
    words->count = 0;
}

static int begin(const struct launch *launch, const char *install, const char *action, struct daemon *daemon, struct fault *f) {
    struct words command = {0}, environment = {0};
    int in[2] = {-1, -1}, out[2] = {-1, -1}, errors[2] = {-1, -1};
    int result = java_command(launch, install, action, &command, f);
    daemon_environment(launch, &environment);
    if (result == 0 && (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0))
        result = fault(f, "pipes of the daemon: %s", strerror(errno));
    if (result == 0) {
        pid_t guard = getpid();
        daemon->pid = fork();
        if (daemon->pid == 0) {
            const int stdio[3] = {in[0], out[1], errors[1]};
            daemon_main(launch, &command, &environment, guard, stdio);
        }
        if (daemon->pid < 0) result = fault(f, "fork for the daemon: %s", strerror(errno));
    }
    free_words(&command);
    free_words(&environment);
    daemon->in = in[1];
    daemon->out = out[0];
    daemon->errors = errors[0];
    const int theirs[3] = {in[0], out[1], errors[1]}, ours[3] = {in[1], out[0], errors[0]};
    for (int i = 0; i < 3; i++) {
        if (theirs[i] >= 0) close(theirs[i]);
        if (ours[i] >= 0) fcntl(ours[i], F_SETFL, O_NONBLOCK);
    }
    return result;
}

int daemon_start(const struct launch *launch, struct daemon *daemon, struct fault *f) {
    char install[PATH_MAX];
    if (daemon_installation(install, sizeof install, f) != 0) return -1;
    return begin(launch, install, "daemon", daemon, f);
}

int daemon_start_successor(const struct launch *launch, const char *install, struct daemon *daemon, struct fault *f) {
    return begin(launch, install, "successor", daemon, f);
}

int daemon_start_again(const struct launch *launch, const char *install, struct daemon *daemon, struct fault *f) {
    return begin(launch, install, "restart", daemon, f);
}
