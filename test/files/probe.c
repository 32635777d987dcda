// What files do in a directory, one line for each question: a key, a tab, what came of it. FilesTest runs it in containers of runc's and of
// Saya's and compares. As root, with the rights that container managers give; it needs nothing but a kernel.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { USER = 1000, PAGE = 4096 };

__attribute__((format(printf, 2, 3))) static void say(const char *key, const char *format, ...) {
    va_list values;
    va_start(values, format);
    printf("%s\t", key);
    vprintf(format, values);
    putchar('\n');
    va_end(values);
    fflush(stdout);
}

static const char *outcome(long result) {
    return result < 0 ? strerrorname_np(errno) : "ok";
}

static void told(const char *key, long result) {
    say(key, "%s", outcome(result));
}

static int make(const char *name, const char *text) {
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) {
        fprintf(stderr, "%s: %s\n", name, strerror(errno));
        exit(1);
    }
    return fd;
}

static struct stat look(const char *name) {
    struct stat status = {0};
    (void)lstat(name, &status);
    return status;
}

// Runs a question as a user without rights and says what came of it.
static void as_user(const char *key, long (*ask)(void)) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (setgid(USER) < 0 || setuid(USER) < 0) exit(1);
        told(key, ask());
        exit(0);
    }
    waitpid(child, NULL, 0);
}

// ---- extended attributes

static long set_on_open_file(void) {
    return setxattr("file", "user.of", "user", 4, 0);
}

static long set_on_closed_file(void) {
    return setxattr("closed", "user.of", "user", 4, 0);
}

static void extended_attributes(void) {
    static char large[1 << 16];
    char value[PAGE], names[PAGE];
    memset(large, 'x', sizeof large);
    close(make("file", "text"));
    close(make("closed", "text"));
    chmod("file", 0666);
    chmod("closed", 0600);
    mkdir("directory", 0755);
    (void)symlink("file", "link");
    mkfifo("fifo", 0644);
    told("xattr user, file", setxattr("file", "user.a", "value", 5, 0));
    say("xattr user, read", "%d", (int)getxattr("file", "user.a", value, sizeof value));
    say("xattr user, size", "%d", (int)getxattr("file", "user.a", NULL, 0));
    told("xattr user, too small a buffer", getxattr("file", "user.a", value, 2));
    told("xattr user, none", getxattr("file", "user.none", value, sizeof value));
    told("xattr user, create", setxattr("file", "user.a", "b", 1, XATTR_CREATE));
    told("xattr user, replace", setxattr("file", "user.b", "b", 1, XATTR_REPLACE));
    told("xattr user, empty", setxattr("file", "user.empty", "", 0, 0));
    told("xattr user, 1 KiB", setxattr("file", "user.more", large, 1024, 0));
    told("xattr user, 64 KiB", setxattr("file", "user.large", large, sizeof large, 0));
    told("xattr user, directory", setxattr("directory", "user.a", "value", 5, 0));
    told("xattr user, symlink", lsetxattr("link", "user.a", "value", 5, 0));
    told("xattr user, fifo", setxattr("fifo", "user.a", "value", 5, 0));
    as_user("xattr user, by somebody", set_on_open_file);
    as_user("xattr user, without right", set_on_closed_file);
    int count = 0;
    ssize_t size = listxattr("file", names, sizeof names);
    for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1)
        if (strncmp(names + at, "user.", 5) == 0) count++;
    say("xattr user, listed", "%d", count);
    told("xattr user, removed", removexattr("file", "user.a"));
    told("xattr trusted", setxattr("file", "trusted.a", "value", 5, 0));
    told("xattr security", setxattr("file", "security.a", "value", 5, 0));
    told("xattr of no kind", setxattr("file", "nope.a", "value", 5, 0));
}

// ---- ACLs, as the kernel takes them (linux/posix_acl_xattr.h): a version, and entries of tag, permissions, id

struct entry {
    uint16_t tag, permissions;
    uint32_t id;
};

enum { OWNER = 1, NAMED = 2, GROUP = 4, MASK = 16, OTHERS = 32, NOBODY = -1 };

static long set_acl(const char *name, const char *kind, unsigned others) {
    struct {
        uint32_t version;
        struct entry entries[5];
    } acl = {2, {{OWNER, 7, NOBODY}, {NAMED, 7, USER}, {GROUP, 5, NOBODY}, {MASK, 7, NOBODY}, {OTHERS, (uint16_t)others, NOBODY}}};
    return setxattr(name, kind, &acl, sizeof acl, 0);
}

static long open_secret(void) {
    return open("secret", O_RDWR | O_CLOEXEC);
}

static long enter_room(void) {
    return open("room/by-user", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
}

static void acls(void) {
    static const char access_acl[] = "system.posix_acl_access", default_acl[] = "system.posix_acl_default";
    char value[PAGE];
    close(make("secret", "text"));
    chown("secret", 5, 5);
    chmod("secret", 0600);
    as_user("acl, without", open_secret);
    told("acl, set", set_acl("secret", access_acl, 0));
    say("acl, mode", "%o", look("secret").st_mode & 07777);
    as_user("acl, by a named user", open_secret);
    chmod("secret", 0640);
    say("acl, entries after chmod", "%d", (int)getxattr("secret", access_acl, value, sizeof value));
    as_user("acl, masked by chmod", open_secret);
    mkdir("room", 0700);
    told("acl, on a directory", set_acl("room", access_acl, 0));
    told("acl, default", set_acl("room", default_acl, 0));
    as_user("acl, in a directory", enter_room);
    umask(077);
    close(make("room/file", "text"));
    mkdir("room/below", 0777);
    umask(022);
    say("acl, inherited by a file", "%o %d", look("room/file").st_mode & 07777,
        (int)getxattr("room/file", access_acl, value, sizeof value));
    say("acl, inherited by a directory", "%o %d", look("room/below").st_mode & 07777,
        (int)getxattr("room/below", default_acl, value, sizeof value));
    told("acl, default of a file", set_acl("secret", default_acl, 0));
    told("acl, removed", removexattr("secret", access_acl));
}

// ---- programs that have capabilities, and set-id bits

static const char *program;

static void run_as_user(const char *key, const char *name) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (setgid(USER) < 0 || setuid(USER) < 0) exit(1);
        execl(name, name, "--rights", key, (char *)NULL);
        told(key, -1);
        exit(1);
    }
    waitpid(child, NULL, 0);
}

static void print_rights(const char *key) {
    char line[256];
    FILE *status = fopen("/proc/self/status", "re");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "CapEff:", 7) == 0) say(key, "uid %d, %s", (int)geteuid(), strtok(line + 8, "\n"));
    if (status != NULL) fclose(status);
}

static void copy(const char *from, const char *to) {
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    while (in >= 0 && out >= 0 && sendfile(out, in, NULL, 1 << 20) > 0) {}
    close(in);
    close(out);
}

static long append_to_set_id(void) {
    int fd = open("set-id", O_WRONLY | O_APPEND | O_CLOEXEC);
    return fd < 0 ? -1 : write(fd, "x", 1);
}

static long empty_set_id(void) {
    return open("set-id", O_WRONLY | O_TRUNC | O_CLOEXEC);
}

static void rights_of_programs(void) {
    // linux/capability.h: revision 2 with the effective bit, then permitted and inheritable. 13 is CAP_NET_RAW.
    static const uint32_t net_raw[5] = {0x02000001, 1U << 13};
    char value[64];
    copy(program, "capable");
    told("capability, set", setxattr("capable", "security.capability", net_raw, sizeof net_raw, 0));
    run_as_user("capability, of a user's program", "./capable");
    rename("capable", "moved");
    run_as_user("capability, after a rename", "./moved");
    int fd = open("moved", O_WRONLY | O_APPEND | O_CLOEXEC);
    (void)write(fd, "x", 1);
    close(fd);
    told("capability, after a write", getxattr("moved", "security.capability", value, sizeof value));
    told("capability, set again", setxattr("moved", "security.capability", net_raw, sizeof net_raw, 0));
    chown("moved", 5, 5);
    told("capability, after a chown", getxattr("moved", "security.capability", value, sizeof value));
    copy(program, "set-id");
    chmod("set-id", 06777);
    run_as_user("set-id, of a user's program", "./set-id");
    as_user("set-id, written by a user", append_to_set_id);
    say("set-id, after that", "%o", look("set-id").st_mode & 07777);
    chmod("set-id", 06777);
    as_user("set-id, opened with O_TRUNC", empty_set_id);
    say("set-id, after O_TRUNC", "%o", look("set-id").st_mode & 07777);
    as_user("set-id, written after O_TRUNC", append_to_set_id);
    say("set-id, after O_TRUNC and a write", "%o", look("set-id").st_mode & 07777);
    chmod("set-id", 06755);
    chown("set-id", 5, 5);
    say("set-id, after a chown", "%o", look("set-id").st_mode & 07777);
}

// ---- opening

static void opening(void) {
    char path[64];
    int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    told("O_TMPFILE", fd);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    told("O_TMPFILE, given a name", linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    close(make("plain", "0123456789"));
    (void)symlink("plain", "to-plain");
    mkdir("folder", 0755);
    told("O_EXCL", open("plain", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    told("O_NOFOLLOW", open("to-plain", O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    told("O_PATH", open("to-plain", O_PATH | O_NOFOLLOW | O_CLOEXEC));
    told("O_DIRECTORY", open("plain", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    told("O_NOATIME", open("plain", O_RDONLY | O_NOATIME | O_CLOEXEC));
    told("open, directory for writing", open("folder", O_WRONLY | O_CLOEXEC));
    fd = open("plain", O_RDWR | O_APPEND | O_CLOEXEC);
    pwrite(fd, "a", 1, 0);
    say("O_APPEND, pwrite", "%lld", (long long)look("plain").st_size);
    fcntl(fd, F_SETFL, O_RDWR);
    off_t size = look("plain").st_size;
    pwrite(fd, "b", 1, 0);
    say("O_APPEND, taken away", "%lld more", (long long)(look("plain").st_size - size));
    close(fd);
    fd = open("plain", O_RDWR | O_CLOEXEC);
    fcntl(fd, F_SETFL, O_APPEND);
    size = look("plain").st_size;
    pwrite(fd, "c", 1, 0);
    say("O_APPEND, given later", "%lld more", (long long)(look("plain").st_size - size));
    close(fd);
    told("O_SYNC", open("plain", O_RDWR | O_SYNC | O_CLOEXEC));
    copy(program, "busy");
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return;
    pid_t child = fork();
    if (child == 0) {
        execl("./busy", "busy", "--pause", (char *)NULL);
        exit(1);
    }
    // It has become the other program when the pipe, which closes at exec, has closed.
    char byte;
    close(ends[1]);
    (void)read(ends[0], &byte, 1);
    close(ends[0]);
    told("ETXTBSY", open("busy", O_WRONLY | O_CLOEXEC));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    char *aligned = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fd = open("direct", O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0644);
    told("O_DIRECT", fd);
    told("O_DIRECT, aligned", write(fd, aligned, PAGE));
    told("O_DIRECT, length of 100", pwrite(fd, aligned, 100, 0));
    told("O_DIRECT, address of 1", pwrite(fd, aligned + 1, PAGE, 0));
    told("O_DIRECT, offset of 7", pread(fd, aligned, PAGE, 7));
    close(fd);
}

// ---- contents

static void content(const char *key, int fd) {
    char text[PAGE + 64] = "";
    off_t size = lseek(fd, 0, SEEK_END);
    unsigned sum = 2166136261U; // FNV-1a
    for (off_t at = 0; at < size;) {
        ssize_t got = pread(fd, text, PAGE, at);
        if (got <= 0) break;
        for (ssize_t i = 0; i < got; i++) sum = (sum ^ (unsigned char)text[i]) * 16777619U;
        at += got;
    }
    say(key, "%lld bytes, sum %u", (long long)size, sum);
}

static void space(void) {
    static const struct {
        const char *name;
        int mode;
    } kinds[] = {{"allocate", 0},
                 {"keep size", FALLOC_FL_KEEP_SIZE},
                 {"punch", FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE},
                 {"zero", FALLOC_FL_ZERO_RANGE},
                 {"collapse", FALLOC_FL_COLLAPSE_RANGE},
                 {"insert", FALLOC_FL_INSERT_RANGE}};
    char block[PAGE], key[64];
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        int fd = make("space", "");
        for (int part = 0; part < 4; part++) {
            memset(block, 'a' + part, sizeof block);
            (void)write(fd, block, sizeof block);
        }
        bool beyond = (kinds[i].mode & ~FALLOC_FL_KEEP_SIZE) == 0;
        snprintf(key, sizeof key, "fallocate, %s", kinds[i].name);
        told(key, fallocate(fd, kinds[i].mode, beyond ? (off_t)(4 * PAGE) : PAGE, PAGE));
        snprintf(key, sizeof key, "fallocate, %s, then", kinds[i].name);
        content(key, fd);
        close(fd);
    }
    int fd = make("sparse", "");
    pwrite(fd, "x", 1, 1 << 20);
    say("sparse, hole", "%lld", (long long)lseek(fd, 0, SEEK_HOLE));
    say("sparse, data", "%lld", (long long)lseek(fd, 0, SEEK_DATA));
    told("sparse, past the end", lseek(fd, 1 << 21, SEEK_DATA));
    say("sparse, blocks", "%s", look("sparse").st_blocks <= 16 ? "few" : "many");
    told("truncate, 8 TiB", ftruncate(fd, 1LL << 43));
    told("truncate, back", ftruncate(fd, 10));
    content("truncate, then", fd);
    close(fd);
    fd = make("limited", "");
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {100, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
    told("RLIMIT_FSIZE", pwrite(fd, "x", 1, 200));
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    close(fd);
}

static void moving_bytes(void) {
    int from = make("from", "0123456789"), to = make("to", "");
    off_t offset = 0, target = 0;
    say("copy_file_range", "%d", (int)copy_file_range(from, &offset, to, &target, 10, 0));
    offset = 0;
    say("sendfile", "%d", (int)sendfile(to, from, &offset, 10));
    told("FICLONE", ioctl(to, FICLONE, from));
    struct iovec part = {(char[]){"abc"}, 3};
    told("RWF_APPEND", pwritev2(to, &part, 1, 0, RWF_APPEND));
    told("RWF_DSYNC", pwritev2(to, &part, 1, 0, RWF_DSYNC));
    told("RWF_NOWAIT", preadv2(to, &part, 1, 0, RWF_NOWAIT));
    content("then", to);
    told("fsync", fsync(to));
    told("fdatasync", fdatasync(to));
    told("syncfs", syncfs(to));
    told("sync_file_range", sync_file_range(to, 0, 0, SYNC_FILE_RANGE_WRITE));
    told("fadvise", posix_fadvise(to, 0, 0, POSIX_FADV_DONTNEED));
    told("readahead", readahead(to, 0, PAGE));
    char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, to, 0);
    told("mmap, shared", map == MAP_FAILED ? -1 : 0);
    if (map != MAP_FAILED) {
        memcpy(map, "mapped", 6);
        told("mmap, msync", msync(map, PAGE, MS_SYNC));
        munmap(map, PAGE);
        content("mmap, then", to);
    }
    close(from);
    close(to);
}

// ---- what an inode tells

static void inode(void) {
    int fd = make("inode", "text"), flags = 0;
    told("FS_IOC_GETFLAGS", ioctl(fd, FS_IOC_GETFLAGS, &flags));
    int kept = flags;
    flags |= FS_NODUMP_FL;
    told("FS_IOC_SETFLAGS, nodump", ioctl(fd, FS_IOC_SETFLAGS, &flags));
    flags |= FS_APPEND_FL;
    told("FS_IOC_SETFLAGS, append only", ioctl(fd, FS_IOC_SETFLAGS, &flags));
    ioctl(fd, FS_IOC_SETFLAGS, &kept);
    struct fsxattr attributes;
    told("FS_IOC_FSGETXATTR", ioctl(fd, FS_IOC_FSGETXATTR, &attributes));
    struct fiemap map = {.fm_length = FIEMAP_MAX_OFFSET};
    told("FS_IOC_FIEMAP", ioctl(fd, FS_IOC_FIEMAP, &map));
    struct statx extended = {0};
    told("statx", statx(AT_FDCWD, "inode", 0, STATX_ALL | STATX_BTIME, &extended));
    say("statx, birth time", "%s", (extended.stx_mask & STATX_BTIME) != 0 ? "yes" : "no");
    struct timespec times[2] = {{1000000000, 123456789}, {-1, 999999999}};
    told("utimensat", utimensat(AT_FDCWD, "inode", times, 0));
    struct stat status = look("inode");
    say("utimensat, then", "%lld.%09ld %lld.%09ld", (long long)status.st_atim.tv_sec, status.st_atim.tv_nsec,
        (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    (void)write(fd, "more", 4);
    say("mtime, after a write", "%s", look("inode").st_mtim.tv_sec > 1000000000 ? "new" : "old");
    say("blocks of a file", "%lld", (long long)look("inode").st_blocks);
    say("size of blocks", "%ld", (long)look("inode").st_blksize);
    struct statfs fs = {0};
    statfs(".", &fs);
    say("statfs, type", "%lx", (unsigned long)fs.f_type);
    say("statfs, names", "%ld", (long)fs.f_namelen);
    say("statfs, blocks", "%ld", (long)fs.f_bsize);
    struct {
        struct file_handle handle;
        char bytes[128];
    } handle = {.handle = {.handle_bytes = 128}};
    int mount;
    told("name_to_handle_at", name_to_handle_at(AT_FDCWD, "inode", &handle.handle, &mount, 0));
    struct stat parent = look("."), child = look("inode");
    say("device of a file and its directory", "%s", parent.st_dev == child.st_dev ? "one" : "two");
    close(fd);
}

// ---- names

static void names(void) {
    char name[300];
    close(make("one", "one"));
    close(make("two", "two"));
    mkdir("full", 0755);
    mkdir("empty", 0755);
    close(make("full/file", ""));
    told("rename, NOREPLACE", renameat2(AT_FDCWD, "one", AT_FDCWD, "two", RENAME_NOREPLACE));
    told("rename, EXCHANGE", renameat2(AT_FDCWD, "one", AT_FDCWD, "two", RENAME_EXCHANGE));
    told("rename, WHITEOUT", renameat2(AT_FDCWD, "one", AT_FDCWD, "covered", RENAME_WHITEOUT));
    told("rename, over a full directory", rename("empty", "full"));
    told("rename, into itself", rename("full", "full/below"));
    told("rename, file over directory", rename("two", "empty"));
    told("rename, directory over file", rename("empty", "two"));
    told("rmdir, full", rmdir("full"));
    told("rmdir, file", rmdir("two"));
    told("unlink, directory", unlink("full"));
    told("link", link("two", "again"));
    say("link, count", "%lu", (unsigned long)look("two").st_nlink);
    (void)symlink("nowhere", "dangling");
    told("link, of a symlink", link("dangling", "dangling2"));
    told("link, of a directory", link("full", "full2"));
    memset(name, 'n', sizeof name);
    name[255] = 0;
    told("name, 255 bytes", open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0644));
    name[255] = 'n';
    name[256] = 0;
    told("name, 256 bytes", open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0644));
    told("name, not UTF-8", open("\xff\xfe\n", O_CREAT | O_RDWR | O_CLOEXEC, 0644));
    int fd = make("gone", "text");
    unlink("gone");
    struct stat status;
    fstat(fd, &status);
    say("unlinked, links", "%lu", (unsigned long)status.st_nlink);
    told("unlinked, written", write(fd, "more", 4));
    told("unlinked, chmod", fchmod(fd, 0600));
    told("unlinked, truncated", ftruncate(fd, 2));
    content("unlinked, then", fd);
    told("unlinked, given a name", linkat(fd, "", AT_FDCWD, "back", AT_EMPTY_PATH));
    mkdir("shared", 0755);
    chown("shared", 0, 77);
    chmod("shared", 02775);
    close(make("shared/file", ""));
    mkdir("shared/below", 0755);
    say("set-gid directory", "%u %o", look("shared/file").st_gid, look("shared/below").st_mode & 07777);
    mkfifo("pipe", 0644);
    told("mknod, character device", mknod("device", S_IFCHR | 0666, makedev(1, 3)));
    told("mknod, whiteout", mknod("whiteout", S_IFCHR, 0));
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    told("socket, bound", bind(server, (struct sockaddr *)&address, sizeof address));
    (void)listen(server, 1);
    told("socket, connected", connect(client, (struct sockaddr *)&address, sizeof address));
    DIR *directory = opendir(".");
    unsigned kinds = 0;
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) kinds |= 1U << entry->d_type;
    closedir(directory);
    say("kinds in readdir", "%x", kinds);
}

// ---- locks and notices

static long lock_in_child(int fd, int command) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct flock lock = {.l_type = F_WRLCK};
        int own = open("lock", O_RDWR | O_CLOEXEC);
        exit((command == 0 ? flock(own, LOCK_EX | LOCK_NB) : fcntl(own, command, &lock)) == 0 ? 0 : errno);
    }
    (void)fd;
    int status;
    waitpid(child, &status, 0);
    errno = WEXITSTATUS(status);
    return errno == 0 ? 0 : -1;
}

static void locks(void) {
    int fd = make("lock", "");
    struct flock lock = {.l_type = F_WRLCK};
    told("flock", flock(fd, LOCK_EX));
    told("flock, second", lock_in_child(fd, 0));
    flock(fd, LOCK_UN);
    told("posix lock", fcntl(fd, F_SETLK, &lock));
    told("posix lock, second", lock_in_child(fd, F_SETLK));
    lock.l_type = F_UNLCK;
    fcntl(fd, F_SETLK, &lock);
    lock.l_type = F_WRLCK;
    told("OFD lock", fcntl(fd, F_OFD_SETLK, &lock));
    told("OFD lock, second", lock_in_child(fd, F_OFD_SETLK));
    close(fd);
    fd = open("lock", O_RDONLY | O_CLOEXEC);
    told("lease", fcntl(fd, F_SETLEASE, F_RDLCK));
    close(fd);
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    told("inotify", inotify_add_watch(watch, ".", IN_ALL_EVENTS));
    close(make("seen", "text"));
    char events[PAGE];
    unsigned seen = 0;
    ssize_t size = read(watch, events, sizeof events);
    for (ssize_t at = 0; at < size;) {
        const struct inotify_event *event = (const void *)(events + at);
        if (event->len > 0 && strcmp(event->name, "seen") == 0) seen |= event->mask;
        at += (ssize_t)(sizeof *event + event->len);
    }
    say("inotify, seen", "%x", seen);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--rights") == 0) {
        print_rights(argv[2]);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--pause") == 0) return pause();
    program = realpath("/proc/self/exe", NULL);
    if (argc != 2 || mkdir(argv[1], 0755) < 0 || chdir(argv[1]) < 0) {
        fprintf(stderr, "usage: probe DIRECTORY, which is made: %s\n", strerror(errno));
        return 2;
    }
    umask(022);
    extended_attributes();
    acls();
    rights_of_programs();
    opening();
    space();
    moving_bytes();
    inode();
    names();
    locks();
    return 0;
}
