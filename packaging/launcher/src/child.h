/* Processes that the guard starts: QEMU and its like, and the short-lived ones in which it mounts. */
#ifndef SAYA_CHILD_H
#define SAYA_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bytes.h"
#include "ring.h"

#define CHILD_LIMIT 640       /* a pod may have 512 containers, each with its stand-in */
#define SPAWN_DESCRIPTORS 128 /* a network card has two for each of its queues */
#define SPAWN_KEEP UINT32_MAX
#define NETWORK_NAMESPACE_NEW "new"
#define NETLINK_REPLY_LIMIT (2u << 20)

enum descriptor_kind {
    DESCRIPTOR_LISTEN = 1,    /* a Unix stream socket bound at path, 0600, listening */
    DESCRIPTOR_OPEN = 2,      /* a file, for example /dev/vhost-net, read and write */
    DESCRIPTOR_TAP = 3,       /* the tap interface called path in the process's network namespace */
    DESCRIPTOR_TAP_QUEUE = 4, /* the same, one queue of a tap with several */
    DESCRIPTOR_MACVTAP = 5,   /* the character device of the macvtap interface called path */
    DESCRIPTOR_READ = 6,      /* a file, read only */
    DESCRIPTOR_CONNECT = 7,   /* connected to the Unix stream socket at path, on which somebody listens already */
    DESCRIPTOR_VSOCK = 8,     /* /dev/vhost-vsock with the guest's context id that path is, in decimal: taken from the kernel, or refused */
    DESCRIPTOR_HOLD = 9,      /* a file, read and write; a block device as its only user, so that it is not mounted meanwhile */
};

struct descriptor {
    enum descriptor_kind kind;
    const char *name;
    const char *path;
    int fd; /* the number that the process will see */
};

/* What a process may do that others may not. */
enum privileges {
    PRIVILEGES_INHERITED = 0, /* what the guard may */
    PRIVILEGES_KEPT = 1,      /* the same, and a change of its user id takes nothing of it */
    PRIVILEGES_NONE = 2,      /* no capability, and no way to one: not by exec, not as root */
    PRIVILEGES_CONFINED = 3,  /* the same, as a user of its own, in namespaces and below a root of its own */
};

/* Of a confined process whose uid is SPAWN_KEEP: this and the guard's process id. Nobody else has it: not another living sandbox,
 * and no user of the host (systemd leaves 0x70000000 to 0x7ffdffff to nobody). */
#define CONFINED_ID 0x70000000u

/* As it came over the channel; strings point into the frame. */
struct spawn {
    char **argv;
    char **environment;
    const char *directory;
    const char *network_namespace; /* "": that of the guard; NETWORK_NAMESPACE_NEW: one of its own */
    struct descriptor descriptors[SPAWN_DESCRIPTORS];
    size_t descriptor_count;
    uint32_t uid; /* SPAWN_KEEP: that of the guard */
    uint32_t gid;
    int32_t oom_score_adj; /* INT32_MIN: that of the guard */
    enum privileges privileges;
    char **shown; /* of a confined process: files, directories and device nodes that its root has, at the same paths; read-only but for a
                   * directory that belongs to its user */
};

/* What a child reports over its result pipe before exec: nothing, if all went well. */
struct child_result {
    int error;
    char what[252];
};

enum child_kind { CHILD_PROCESS, CHILD_MOUNT, CHILD_UNMOUNT, CHILD_NETLINK, CHILD_STAND_IN, CHILD_MONITOR };

struct child {
    enum child_kind kind;
    uint32_t handle;
    uint32_t request; /* the request that waits for the result; 0 when answered */
    pid_t pid;        /* 0 when reaped */
    int output;       /* stdout and stderr; -1 when at its end */
    int result;       /* -1 when read */
    long long rests;  /* until then a process that wrote without end is not read; it waits for that */
    struct ring tail;
    struct bytes reply; /* of netlink and of a monitor: all that it wrote to its output */
    char *target;       /* of a mount */
    bool recorded;      /* the mount went into the journal */
    bool abandoned;     /* nobody waits for the result, or knows the handle */
    bool leads;         /* a signal to it is one to all of its process group */
};

/* Binds, opens and forks; the result of exec comes through the result pipe. NULL: the result says what
 * failed, and nothing is left. (spawn.c) */
struct child *child_spawn(struct spawn *spawn, struct child_result *result);

struct mount_call {
    bool unmount;
    uint64_t flags;
    const char *source;
    const char *target;
    const char *type;
    const char *data;
    const char *confined; /* below this directory the guest may have put symbolic links: none is followed */
};

/* mount(2) and umount2(2) may wait for a disk or a server; the guard must not, so a child of its own
 * does it. NULL: no process could be made. (mount.c) */
struct child *child_mount(const struct mount_call *call, struct child_result *result);

struct netlink_call {
    const char *network_namespace;
    const void *messages; /* of rtnetlink; each asks for an acknowledgement or a dump */
    size_t length;
};

/* Sends one message after another in the namespace and collects the kernel's answers; ends with the first that the kernel
 * refuses. In a child of its own: a namespace is entered for good, and rtnetlink waits for whoever holds its lock. NULL as
 * above. (netlink.c) */
struct child *child_netlink(const struct netlink_call *call, struct child_result *result);

struct monitor_call {
    const char *socket;
    const char *network_namespace;
    struct descriptor *descriptors;
    size_t descriptor_count;
    const char *command; /* one line of JSON without its end; refers to the descriptors by their names */
};

/* Hands descriptors over to a QEMU that runs, by getfd on a monitor that nobody else uses, has it carry out the command, and
 * collects its answer to that. In a child of its own, as above. (monitor.c) */
struct child *child_monitor(const struct monitor_call *call, struct child_result *result);

/* In a child, in its own mount namespace: goes below a root that has the programs of the host, what is shown, and nothing
 * else. What it opens there it opens as this user. (confine.c) */
void root_confine(const struct spawn *spawn, uid_t uid, gid_t gid, int result);

/* Opens what can be opened outside of the network namespace, and takes a number for what cannot; -1 with errno. */
int descriptor_open(const struct descriptor *d);

/* In a child, in the network namespace: opens it and puts it in the place of its number. (tap.c) */
void descriptor_open_tap(const struct descriptor *d, int result);

/* In a child, last before exec: takes on the identity and the privileges. (identity.c) */
void identity_take(const struct spawn *spawn, int result);

/* For a process that is root: no capability any more, and no way to one. False with errno. (identity.c) */
bool privileges_give_up(void);

/* In a child: enters the namespace. (netlink.c) */
void network_enter(const char *path, int result);

/* Reads the output that is there now; false at its end. */
bool child_read_output(struct child *c);

/* Reads the result pipe. -1: not yet; 0: done, with the result filled in. */
int child_read_result(struct child *c, struct child_result *result);

void child_free(struct child *c);

/* For spawn.c, mount.c and the daemon's start. */
struct child *child_new(enum child_kind kind);

/* Forks a child with an output pipe and a result pipe, in new namespaces (CLONE_NEW*, or 0); returns 0 in the child, which
 * owns the write ends. */
pid_t child_fork(struct child *c, int namespaces, int *output, int *result);

/* In a new child: default signals, none blocked, SIGKILL when the parent dies. False if it is dead already. */
bool child_settle(pid_t parent);

/* In a child: SIGKILL when the guard dies; a change of identity takes that back. Ends it if the guard is dead already, which
 * shows by its end of the result pipe: a process in a pid namespace of its own has no parent that it could name. */
void child_die_with_guard(int result);

/* In a child: writes the result. */
void child_report(int fd, int error, const char *what, const char *subject);

/* In a child: writes errno as the result, and ends. */
void child_fail(int fd, const char *what, const char *subject) __attribute__((noreturn));

#endif
