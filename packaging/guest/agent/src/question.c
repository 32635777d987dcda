#include "question.h"

#include <errno.h>
#include <stdlib.h>

#include "aside.h"

struct question {
    struct aside aside;
    struct call *call;
    const char *path; // valid as long as the call
    struct answer *answer;
    void (*ask)(const char *path, struct answer *answer);
    void (*tell)(struct call *call, const char *path, const struct answer *answer);
};

static void ask(void *argument) {
    const struct question *question = argument;
    question->ask(question->path, question->answer);
}

static void tell(struct question *question) {
    question->tell(question->call, question->path, question->answer);
    aside_memory_free(question->answer, sizeof *question->answer);
    free(question);
}

static void asked(struct aside *aside, bool finished) {
    struct question *question = container_of(aside, struct question, aside);
    if (!finished) question->answer->error = ETIMEDOUT;
    tell(question);
}

void question_ask(struct call *call, const char *path, void (*work)(const char *path, struct answer *answer),
                  void (*then)(struct call *call, const char *path, const struct answer *answer)) {
    struct question *question = calloc(1, sizeof *question);
    struct answer *answer = aside_memory(sizeof *answer);
    if (question == NULL || answer == NULL) {
        free(question);
        if (answer != NULL) aside_memory_free(answer, sizeof *answer);
        call_fail_memory(call);
        return;
    }
    *question = (struct question){.call = call, .path = path, .answer = answer, .ask = work, .tell = then};
    // The process may have answered before this is known.
    int error = aside_start(&question->aside, ask, question, ASIDE_LIMIT_MS, asked);
    if (error == 0) return;
    answer->error = error;
    tell(question);
}
