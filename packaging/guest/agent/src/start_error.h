// What crun says of a process that cannot be started, in the words that runc has for it: clients go by them. Docker answers 127 or 126
// by "executable file not found", "no such file or directory" and "permission denied".
#pragma once

#include <stddef.h>

#include "agent/agent.pb-c.h"

// Rewrites crun's message in place. What runc has no words for stays as it is, behind the same beginning.
void start_error_reword(const Grpc__Process *process, char *text, size_t size);
