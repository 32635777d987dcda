// How many files of shares the guest remembers. For each the host's virtiofsd holds a descriptor, and when those are used up, programs get
// EMFILE or EBADF for files that they have not opened. The kernel forgets none before memory is short.
#pragma once

#include "agent/agent.pb-c.h"

// Has the kernel forget what nobody uses when three quarters are reached of what a share's driver option io.saya.files says; without it
// nothing.
void share_files_heed(const Grpc__Storage *share);
