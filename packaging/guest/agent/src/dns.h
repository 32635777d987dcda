// Name resolution of the guest.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Writes the lines to a file of the sandbox's and binds it over /etc/resolv.conf, where the guest has one. False with a text.
bool dns_apply(char *const *lines, size_t count, char *error, size_t error_size);
