#include "title.h"

#include <string.h>
#include <sys/prctl.h>

void title_set(const struct launch *launch, const char *name, const char *title) {
    /* The caller's argv lies in one block that may be overwritten. */
    char *begin = launch->argv[0];
    char *last = launch->argv[launch->argc - 1];
    char *end = last + strlen(last);
    for (int i = 1; i < launch->argc; i++) launch->argv[i] = end; /* an empty text, for whoever still looks */
    size_t room = (size_t)(end - begin), length = strlen(title);
    memset(begin, 0, room);
    if (room > 0) memcpy(begin, title, length < room ? length : room - 1);
    prctl(PR_SET_NAME, name);
}
