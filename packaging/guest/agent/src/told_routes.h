// Which routes the host has had made here. Those that it does not name any more are removed; what somebody in the guest has made stays.
#pragma once

#include "agent/agent.pb-c.h"

// These are the routes from now on. `remove` is called with each earlier one that is not among them and answers an errno, ESRCH where
// there was none.
void told_routes_replace(const Grpc__Routes *routes, int (*remove)(const Types__Route *route));
