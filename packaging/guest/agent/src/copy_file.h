// CopyFile: files of the host that reach the guest without a shared file system.
#pragma once

#include "call.h"

void handle_copy_file(struct call *call, const void *message);
