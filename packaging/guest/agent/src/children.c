#include "children.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"

// Far more than processes can exit between a crun's start and its end, unless a container forks without pause; then the oldest
// are lost, and an adopted process that cannot be found any more counts as killed.
enum { STRANGERS_LIMIT = 1024 };

static struct list children;
static struct watch signals;
static int dev_null = -1;

static struct {
    pid_t pid;
    int status;
} strangers[STRANGERS_LIMIT];
static unsigned strangers_next;
static int strangers_users;

bool descriptors_reserve(void) {
    int fd;
    do fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd < CHILD_FD_LIMIT);
    dev_null = fd;
    return fd >= 0;
}

static void remember_stranger(pid_t pid, int status) {
    if (strangers_users == 0) return;
    strangers[strangers_next % STRANGERS_LIMIT].pid = pid;
    strangers[strangers_next++ % STRANGERS_LIMIT].status = status;
}

static bool recall_stranger(pid_t pid, int *status) {
    for (unsigned i = 0; i < STRANGERS_LIMIT; i++)
        if (strangers[i].pid == pid) {
            *status = strangers[i].status;
            strangers[i].pid = 0;
            return true;
        }
    return false;
}

void strangers_begin(void) {
    strangers_users++;
}

void strangers_end(void) {
    if (--strangers_users > 0) return;
    // Process ids come round again: what is remembered must not meet a later process of the same number.
    memset(strangers, 0, sizeof strangers);
    strangers_next = 0;
}

static void exited(pid_t pid, int status) {
    list_each(node, &children) {
        struct child *child = container_of(node, struct child, link);
        if (child->pid != pid) continue;
        list_remove(node);
        child->pid = 0;
        child->exited(child, status);
        return;
    }
    remember_stranger(pid, status);
}

static void reap(struct watch *watch, uint32_t events) {
    (void)events;
    struct signalfd_siginfo info;
    while (read(watch->fd, &info, sizeof info) > 0) {}
    pid_t pid;
    int status;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) exited(pid, status);
}

bool children_init(void) {
    list_init(&children);
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) return false;
    int fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    signals.ready = reap;
    return fd >= 0 && watch_add(&signals, fd, EPOLLIN);
}

void spawn_init(struct spawn *spawn) {
    memset(spawn, 0, sizeof *spawn);
    for (int i = 0; i < CHILD_FD_LIMIT; i++) spawn->fds[i] = -1;
}

static int add_descriptors(posix_spawn_file_actions_t *actions, const struct spawn *spawn) {
    int error = 0;
    for (int i = 0; i < CHILD_FD_LIMIT && error == 0; i++) {
        int fd = spawn->fds[i] >= 0 ? spawn->fds[i] : i <= STDERR_FILENO ? dev_null : -1;
        if (fd >= 0) error = posix_spawn_file_actions_adddup2(actions, fd, i);
    }
    return error;
}

int child_spawn(struct child *child, const struct spawn *spawn, void (*exited_callback)(struct child *, int)) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    // Bit by bit: what is not in this set, the C library makes a child ignore of its two signals (32 and 33), which sigfillset leaves out,
    // and containers would inherit that.
    memset(&defaults, 0xff, sizeof defaults);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    posix_spawnattr_setflags(&attributes, (short)(flags | (spawn->new_session ? POSIX_SPAWN_SETSID : 0)));
    int error = add_descriptors(&actions, spawn);
    char *const *environment = spawn->environment != NULL ? (char *const *)spawn->environment : environ;
    if (error == 0) error = posix_spawn(&child->pid, spawn->path, &actions, &attributes, (char *const *)spawn->arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    child->exited = exited_callback;
    list_init(&child->link);
    if (error == 0)
        list_append(&children, &child->link);
    else
        child->pid = 0;
    return error;
}

void child_take(struct child *child, pid_t pid, void (*exited_callback)(struct child *, int)) {
    child->pid = pid;
    child->exited = exited_callback;
    list_init(&child->link);
    list_append(&children, &child->link);
}

void child_adopt(struct child *child, pid_t pid, void (*exited_callback)(struct child *, int)) {
    child->pid = pid;
    child->exited = exited_callback;
    list_init(&child->link);
    int status;
    bool gone = recall_stranger(pid, &status);
    if (!gone && kill(pid, 0) < 0 && errno == ESRCH) {
        gone = true;
        status = SIGKILL;
    }
    if (!gone) {
        child_take(child, pid, exited_callback);
        return;
    }
    child->pid = 0;
    exited_callback(child, status);
}

void child_forget(struct child *child) {
    list_remove(&child->link);
    child->pid = 0;
}

int exit_code(int wait_status) {
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
