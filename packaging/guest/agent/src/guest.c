#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "agent/agent.pb-c.h"
#include "agent/health.pb-c.h"
#include "files.h"
#include "sandbox.h"

// The version of the interface; no release has ever raised it. Clients go by the agent's version instead (whether an exit by signal
// is 128 + n, what nb_cpus counts): it names the Kata release whose behaviour this is, and our own behind the '+'.
static char interface_version[] = "0.0.1";
static char agent_version[] = "4.1.0+saya." AGENT_VERSION;

void handle_check(struct call *call, const void *message) {
    (void)message;
    Grpc__HealthCheckResponse response = GRPC__HEALTH_CHECK_RESPONSE__INIT;
    response.status = GRPC__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    call_reply(call, &response.base);
}

void handle_version(struct call *call, const void *message) {
    (void)message;
    Grpc__VersionCheckResponse response = GRPC__VERSION_CHECK_RESPONSE__INIT;
    response.grpc_version = interface_version;
    response.agent_version = agent_version;
    call_reply(call, &response.base);
}

void handle_get_guest_details(struct call *call, const void *message) {
    const Grpc__GuestDetailsRequest *request = message;
    Grpc__GuestDetailsResponse response = GRPC__GUEST_DETAILS_RESPONSE__INIT;
    Grpc__AgentDetails details = GRPC__AGENT_DETAILS__INIT;
    static char feature[] = "seccomp";
    char *features[] = {feature};
    details.version = agent_version;
    details.init_daemon = sandbox.first_process;
    details.storage_handlers = (char **)storage_drivers;
    details.n_storage_handlers = storage_driver_count;
    details.supports_seccomp = true; // crun does it
    details.extra_features = features;
    details.n_extra_features = 1;
    response.agent_details = &details;
    char text[32];
    if (request->mem_block_size && read_word("/sys/devices/system/memory/block_size_bytes", text, sizeof text))
        response.mem_block_size_bytes = strtoull(text, NULL, 16);
    if (request->mem_hotplug_probe) response.support_mem_hotplug_probe = access("/sys/devices/system/memory/probe", F_OK) == 0;
    call_reply(call, &response.base);
}

// ---- the clock

// What a message's way may take on a busy machine is put right without a jump: time must not run backwards by a few ms each minute.
enum { SMOOTH_US = 50000, NOISE_US = 1000 };

static bool set_clock(const struct timeval *time) {
    static bool set_before;
    struct timeval now, difference;
    gettimeofday(&now, NULL);
    timersub(time, &now, &difference);
    long long off = difference.tv_sec * 1000000LL + difference.tv_usec;
    if (!set_before || llabs(off) > SMOOTH_US) {
        set_before = settimeofday(time, NULL) == 0;
        return set_before;
    }
    if (llabs(off) < NOISE_US) return true;
    return adjtime(&difference, NULL) == 0;
}

void handle_set_guest_date_time(struct call *call, const void *message) {
    const Grpc__SetGuestDateTimeRequest *request = message;
    struct timeval time = {.tv_sec = request->sec, .tv_usec = request->usec};
    if (!set_clock(&time))
        call_fail(call, STATUS_INTERNAL, "SetGuestDateTime %lld s %lld us: %s", (long long)request->sec, (long long)request->usec,
                  strerror(errno));
    else
        call_reply_empty(call);
}

static bool reseed(const ProtobufCBinaryData *data) {
    int fd = open("/dev/random", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    int bits = (int)(data->len * 8);
    bool done =
        write(fd, data->data, data->len) == (ssize_t)data->len && ioctl(fd, RNDADDTOENTCNT, &bits) == 0 && ioctl(fd, RNDRESEEDCRNG) == 0;
    int saved = errno;
    close(fd);
    errno = saved;
    return done;
}

void handle_reseed_random_dev(struct call *call, const void *message) {
    const Grpc__ReseedRandomDevRequest *request = message;
    if (request->data.len == 0 || request->data.len > 4096)
        call_fail(call, STATUS_INVALID_ARGUMENT, "ReseedRandomDev: %zu bytes of data (expected: 1 to 4096)", request->data.len);
    else if (!reseed(&request->data))
        call_fail(call, STATUS_INTERNAL, "ReseedRandomDev: /dev/random: %s", strerror(errno));
    else
        call_reply_empty(call);
}
