#include "methods.h"

#include <string.h>

#include "agent/agent.pb-c.h"
#include "agent/health.pb-c.h"
#include "guest.h"
#include "sandbox.h"

#define HEALTH(name, request, handler) {"grpc.Health", name, &grpc__##request##__descriptor, handler}
#define AGENT(name, request, handler) {"grpc.AgentService", name, &grpc__##request##__descriptor, handler}

// A method that is not here is answered UNIMPLEMENTED.
static const struct method methods[] = {
    HEALTH("Check", check_request, handle_check),
    HEALTH("Version", check_request, handle_version),
    AGENT("CreateSandbox", create_sandbox_request, handle_create_sandbox),
    AGENT("GetGuestDetails", guest_details_request, handle_get_guest_details),
    AGENT("SetGuestDateTime", set_guest_date_time_request, handle_set_guest_date_time),
    AGENT("ReseedRandomDev", reseed_random_dev_request, handle_reseed_random_dev),
};

static bool equal(struct slice slice, const char *text) {
    return slice.length == strlen(text) && memcmp(slice.bytes, text, slice.length) == 0;
}

const struct method *method_find(struct slice service, struct slice method, bool *service_known) {
    *service_known = false;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (!equal(service, methods[i].service)) continue;
        *service_known = true;
        if (equal(method, methods[i].name)) return &methods[i];
    }
    return NULL;
}
