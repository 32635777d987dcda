#include "flags.h"

#include <stddef.h>
#include <string.h>

#include "bundle.h"

struct text_flag {
    const char *name;
    size_t offset;
};

/* -socket and -debug-socket are of newer containerd's own shim; accepted and not used. */
static const struct text_flag text_flags[] = {
    {"namespace", offsetof(struct flags, namespace)},
    {"address", offsetof(struct flags, address)},
    {"publish-binary", offsetof(struct flags, publish_binary)},
    {"id", offsetof(struct flags, id)},
    {"bundle", offsetof(struct flags, bundle)},
    {"socket", (size_t)-1},
    {"debug-socket", (size_t)-1},
};

static bool named(const char *argument, size_t length, const char *name) {
    return strlen(name) == length && memcmp(argument, name, length) == 0;
}

static bool truth(const char *value) {
    return !value || strcmp(value, "true") == 0 || strcmp(value, "1") == 0 || strcmp(value, "t") == 0 || strcmp(value, "TRUE") == 0 ||
           strcmp(value, "True") == 0 || strcmp(value, "T") == 0;
}

static const struct text_flag *find_text_flag(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof text_flags / sizeof *text_flags; i++)
        if (named(name, length, text_flags[i].name)) return &text_flags[i];
    return NULL;
}

int flags_parse(int argc, char **argv, struct flags *flags, struct fault *f) {
    *flags = (struct flags){"", "", "", "", "", "", false, false, false};
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (argument[0] != '-' || argument[1] == 0) {
            if (argument[0] == 0) continue; /* containerd passes an empty word in some versions */
            flags->action = argument;
            return 0;
        }
        const char *name = argument + (argument[1] == '-' ? 2 : 1);
        if (*name == 0) { /* "--" ends the flags */
            flags->action = i + 1 < argc ? argv[i + 1] : "";
            return 0;
        }
        const char *equals = strchr(name, '=');
        size_t length = equals ? (size_t)(equals - name) : strlen(name);
        const char *value = equals ? equals + 1 : NULL;

        const struct text_flag *text = find_text_flag(name, length);
        if (text) {
            if (!value && ++i < argc) value = argv[i];
            if (!value) return fault(f, "flag -%s: no value (expected: -%s VALUE)", text->name, text->name);
            if (text->offset != (size_t)-1) *(const char **)((char *)flags + text->offset) = value;
        } else if (named(name, length, "debug")) {
            flags->debug = truth(value);
        } else if (named(name, length, "v") || named(name, length, "version")) {
            flags->version = truth(value);
        } else if (named(name, length, "info")) {
            flags->info = truth(value);
        }
        /* Anything else is a boolean of a containerd newer than this. */
    }
    return 0;
}

int flags_validate(const struct flags *flags, struct fault *f) {
    const char *form = "(expected: at most 76 characters, letters and digits joined by single '.', '_' or '-')";
    if (!identifier_valid(flags->namespace)) return fault(f, "flag -namespace: \"%.100s\" %s", flags->namespace, form);
    if (!identifier_valid(flags->id)) return fault(f, "flag -id: \"%.100s\" %s", flags->id, form);
    return 0;
}

struct flags flags_copy(const struct flags *flags) {
    struct flags copy = *flags;
    const char **texts[] = {&copy.namespace, &copy.address, &copy.publish_binary, &copy.id, &copy.bundle, &copy.action};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *text = strdup(*texts[i]);
        *texts[i] = text ? text : "";
    }
    return copy;
}
