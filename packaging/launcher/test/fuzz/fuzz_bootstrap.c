/* What containerd hands to `start`: the protobuf that the socket's directory is looked for in, and the flags that it is compared with. */
#include <stdlib.h>
#include <string.h>

#include "../../src/bootstrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct flags flags = {.id = "id", .namespace = "ns"};
    struct bootstrap bootstrap = {0};
    bytes_append(&bootstrap.raw, data, size);
    bootstrap_parse(&flags, &bootstrap);
    if (memchr(bootstrap.socket_directory, 0, sizeof bootstrap.socket_directory) == NULL) abort();
    bytes_free(&bootstrap.raw);
    return 0;
}
