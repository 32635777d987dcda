#include "aside.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"

void *aside_memory(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void aside_memory_free(void *memory, size_t size) {
    munmap(memory, size);
}

static void end(struct aside *aside, bool finished) {
    timer_stop(&aside->limit);
    aside->done(aside, finished);
}

static void exited(struct child *child, int wait_status) {
    end(container_of(child, struct aside, child), WIFEXITED(wait_status));
}

static void limit_reached(struct timer *timer) {
    struct aside *aside = container_of(timer, struct aside, limit);
    kill(aside->child.pid, SIGKILL);
    child_forget(&aside->child);
    end(aside, false);
}

int aside_start(struct aside *aside, void (*work)(void *argument), void *argument, unsigned limit_ms,
                void (*done)(struct aside *aside, bool finished)) {
    pid_t pid = fork();
    if (pid < 0) return errno;
    if (pid == 0) {
        // Whoever reads from the other end of one of them waits for its end.
        close_range(STDERR_FILENO + 1, ~0U, 0);
        log_sink = NULL;
        prctl(PR_SET_NAME, "saya-aside");
        work(argument);
        _exit(0);
    }
    aside->done = done;
    timer_init(&aside->limit, limit_reached);
    timer_start(&aside->limit, limit_ms);
    child_take(&aside->child, pid, exited);
    return 0;
}
