/* config.json of a bundle, whose annotations are a pod's. */
#include <string.h>

#include "../../src/bundle.h"
#include "file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    write_file("config.json", data, size);
    struct bundle bundle;
    struct fault f;
    if (bundle_open(directory, "id", &bundle, &f) == 0 && !identifier_valid(bundle.sandbox_id)) abort();
    return 0;
}
