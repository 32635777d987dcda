// Prints what inotify tells of a directory, one event a line: the event's name and the file's. Ends when it is killed.
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

static const struct {
    uint32_t mask;
    const char *name;
} events[] = {{IN_CREATE, "create"}, {IN_MOVED_FROM, "moved-from"}, {IN_MOVED_TO, "moved-to"}, {IN_DELETE, "delete"}};

int main(int count, char **arguments) {
    int fd = inotify_init1(IN_CLOEXEC);
    if (count != 2 || fd < 0 || inotify_add_watch(fd, arguments[1], IN_CREATE | IN_MOVE | IN_DELETE) < 0) {
        perror("watch");
        return 1;
    }
    puts("watching");
    fflush(stdout);
    _Alignas(struct inotify_event) char bytes[65536];
    ssize_t length;
    while ((length = read(fd, bytes, sizeof bytes)) > 0) {
        for (char *next = bytes; next < bytes + length;) {
            const struct inotify_event *event = (const struct inotify_event *)next;
            for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
                if (event->mask & events[i].mask) printf("%s %s\n", events[i].name, event->len > 0 ? event->name : "");
            next += sizeof *event + event->len;
        }
        fflush(stdout);
    }
    return 0;
}
