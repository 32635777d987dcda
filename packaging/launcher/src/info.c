#include <stdio.h>
#include <string.h>

#include "actions.h"
#include "protobuf.h"
#include "version.h"

/* containerd.types.RuntimeInfo */
enum { INFO_NAME = 1, INFO_VERSION = 2, INFO_FEATURES = 4 };
enum { VERSION_VERSION = 1, VERSION_REVISION = 2 };
enum { ANY_TYPE_URL = 1, ANY_VALUE = 2 };

#define FEATURES_URL "types.containerd.io/opencontainers/runtime-spec/1/features/Features"

/* What an OCI runtime features document says of a container here. Of the options for all mounts below one those are claimed that
 * MountOptions knows (runtime-core): by "rro" a kubelet decides whether a volume may ask for recursive read-only. User namespaces are not.
 */
static const char features[] =
    "{\"ociVersionMin\":\"1.0.0\",\"ociVersionMax\":\"1.1.0\","
    "\"mountOptions\":[\"bind\",\"dev\",\"exec\",\"noatime\",\"nodev\",\"noexec\",\"norelatime\",\"nosuid\",\"private\","
    "\"rbind\",\"relatime\",\"rnodev\",\"rnoexec\",\"rnosuid\",\"ro\",\"rprivate\",\"rro\",\"rw\",\"shared\",\"slave\",\"suid\"],"
    "\"linux\":{\"namespaces\":[\"cgroup\",\"ipc\",\"mount\",\"network\",\"pid\",\"uts\"],"
    "\"seccomp\":{\"enabled\":true}}}";

int action_info(void) {
    struct bytes version = {0}, any = {0}, info = {0};
    protobuf_put_text(&version, VERSION_VERSION, SAYA_VERSION);
    protobuf_put_text(&version, VERSION_REVISION, SAYA_REVISION);
    protobuf_put_text(&any, ANY_TYPE_URL, FEATURES_URL);
    protobuf_put_text(&any, ANY_VALUE, features);
    protobuf_put_text(&info, INFO_NAME, "io.containerd.saya.v2");
    protobuf_put_bytes(&info, INFO_VERSION, version.data, version.length);
    protobuf_put_bytes(&info, INFO_FEATURES, any.data, any.length);
    int failed = fwrite(info.data, 1, info.length, stdout) != info.length || fflush(stdout) != 0;
    bytes_free(&version);
    bytes_free(&any);
    bytes_free(&info);
    return failed;
}

/* What CRI-O and OCI runtimes' callers ask for by the word `features`: the document alone. */
int action_features(void) {
    return printf("%s\n", features) < 0 || fflush(stdout) != 0;
}
