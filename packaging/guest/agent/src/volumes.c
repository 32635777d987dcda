#include "volumes.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "agent/agent.pb-c.h"
#include "agent/csi.pb-c.h"
#include "container.h"
#include "files.h"
#include "question.h"
#include "sandbox.h"
#include "storage.h"
#include "storage_drivers.h"
#include "volume_files.h"

// ---- GetVolumeStats

static void find_figures(const char *path, struct answer *answer) {
    answer->error = statvfs(path, &answer->figures) < 0 ? errno : 0;
}

static void tell_figures(struct call *call, const char *path, const struct answer *answer) {
    if (answer->error != 0) {
        call_fail(call, STATUS_INTERNAL, "GetVolumeStats %s: %s", path, strerror(answer->error));
        return;
    }
    const struct statvfs status = answer->figures;
    Grpc__VolumeUsage bytes = GRPC__VOLUME_USAGE__INIT, inodes = GRPC__VOLUME_USAGE__INIT;
    Grpc__VolumeCondition condition = GRPC__VOLUME_CONDITION__INIT;
    Grpc__VolumeStatsResponse response = GRPC__VOLUME_STATS_RESPONSE__INIT;
    bytes.unit = GRPC__VOLUME_USAGE__UNIT__BYTES;
    bytes.total = (uint64_t)status.f_blocks * status.f_frsize;
    bytes.available = (uint64_t)status.f_bavail * status.f_frsize;
    bytes.used = (uint64_t)(status.f_blocks - status.f_bfree) * status.f_frsize;
    inodes.unit = GRPC__VOLUME_USAGE__UNIT__INODES;
    inodes.total = status.f_files;
    inodes.available = status.f_favail;
    inodes.used = status.f_files - status.f_ffree;
    condition.message = (char[]){"OK"};
    Grpc__VolumeUsage *usage[] = {&bytes, &inodes};
    response.usage = usage;
    response.n_usage = 2;
    response.volume_condition = &condition;
    call_reply(call, &response.base);
}

void handle_get_volume_stats(struct call *call, const void *message) {
    const Grpc__VolumeStatsRequest *request = message;
    question_ask(call, request->volume_guest_path, find_figures, tell_figures);
}

// ---- UpdateEphemeralMounts

void handle_update_ephemeral_mounts(struct call *call, const void *message) {
    const Grpc__UpdateEphemeralMountsRequest *request = message;
    char error[1024];
    for (size_t i = 0; i < request->n_storages; i++) {
        const Grpc__Storage *storage = request->storages[i];
        bool files = strcmp(storage->driver, volume_files_driver) == 0;
        if (!files && strcmp(storage->driver, "ephemeral") != 0) {
            call_fail(call, STATUS_INTERNAL, "UpdateEphemeralMounts: driver \"%s\" (expected: ephemeral, files)", storage->driver);
            return;
        }
        if (files ? storage_refresh(storage, error, sizeof error)
                  : storage->n_options == 0 || storage_remount_ephemeral(storage, error, sizeof error))
            continue;
        call_fail(call, STATUS_INTERNAL, "UpdateEphemeralMounts: %s", error);
        return;
    }
    call_reply_empty(call);
}

// ---- RemoveStaleVirtiofsShareMounts

// Looking at a mount whose source is gone on the host makes the kernel notice.
static void look_at_mounts(const char *prefix, struct answer *answer) {
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    struct mntent *entry;
    struct stat status;
    while (mounts != NULL && (entry = getmntent(mounts)) != NULL)
        if (strncmp(entry->mnt_dir, prefix, strlen(prefix)) == 0 && stat(entry->mnt_dir, &status) < 0) continue;
    if (mounts != NULL) endmntent(mounts);
    answer->error = 0;
}

static void tell_end(struct call *call, const char *path, const struct answer *answer) {
    if (answer->error == 0)
        call_reply_empty(call);
    else
        call_fail(call, STATUS_INTERNAL, "RemoveStaleVirtiofsShareMounts %s: %s", path, strerror(answer->error));
}

void handle_remove_stale_virtiofs_share_mounts(struct call *call, const void *message) {
    (void)message;
    question_ask(call, SHARED_DIRECTORY "/", look_at_mounts, tell_end);
}

// ---- GetDiagnosticData

static void read_words(const char *path, struct answer *answer) {
    answer->error = read_text(path, answer->text, sizeof answer->text) < 0 ? errno : 0;
}

static void tell_words(struct call *call, const char *path, const struct answer *answer) {
    if (answer->error != 0) {
        call_fail(call, STATUS_INTERNAL, "GetDiagnosticData: %s: %s", path, strerror(answer->error));
        return;
    }
    char text[sizeof answer->text];
    memcpy(text, answer->text, sizeof text);
    Grpc__GetDiagnosticDataResponse response = GRPC__GET_DIAGNOSTIC_DATA_RESPONSE__INIT;
    response.data = text;
    call_reply(call, &response.base);
}

void handle_get_diagnostic_data(struct call *call, const void *message) {
    const Grpc__GetDiagnosticDataRequest *request = message;
    const struct container *container = container_find(request->container_id);
    Grpc__GetDiagnosticDataResponse none = GRPC__GET_DIAGNOSTIC_DATA_RESPONSE__INIT;
    const char *path;
    if (strcmp(request->log_type, "termination_log") != 0)
        call_fail(call, STATUS_INVALID_ARGUMENT, "GetDiagnosticData: log type \"%s\" (expected: termination_log)", request->log_type);
    else if (container == NULL)
        call_fail(call, STATUS_INVALID_ARGUMENT, "GetDiagnosticData: invalid container id \"%s\"", request->container_id);
    else if (container->termination_log == NULL)
        call_reply(call, &none.base);
    else if ((path = arena_printf(&call->arena, "%s", container->termination_log)) == NULL) // the container may go before the call does
        call_fail_memory(call);
    else
        question_ask(call, path, read_words, tell_words);
}
