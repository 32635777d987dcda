/* Options of overlay mounts. */
#define _GNU_SOURCE

#include "../../src/overlay.h"
#include "unit.h"

static void overlay_options_are_shortened(void) {
    char parent[64], options[256];
    CHECK(overlay_shorten("index=off,lowerdir=/s/12/fs:/s/13/fs:/s/2/fs,upperdir=/s/9/fs", parent, sizeof parent, options,
                          sizeof options) == 1);
    CHECK_TEXT(parent, "/s/");
    CHECK_TEXT(options, "index=off,lowerdir=12/fs:13/fs:2/fs,upperdir=/s/9/fs");
    CHECK(overlay_shorten("lowerdir=/a/b", parent, sizeof parent, options, sizeof options) == 1);
    CHECK_TEXT(parent, "/a/");
    CHECK_TEXT(options, "lowerdir=b");
    CHECK(overlay_shorten("lowerdir=/a/:/a/b", parent, sizeof parent, options, sizeof options) == 1);
    CHECK_TEXT(options, "lowerdir=.:b");
    const char *kept[] = {"lowerdir=/a:/b", "lowerdir=a/b:a/c", "upperdir=/x", "lowerdir=/a/x\\:y:/a/z", "", "xlowerdir=/a/b"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        CHECK(overlay_shorten(kept[i], parent, sizeof parent, options, sizeof options) == 0);
}

void overlay_tests(void) {
    overlay_options_are_shortened();
}
