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
#include "sandbox.h"
#include "storage.h"
#include "storage_drivers.h"
#include "volume_files.h"

void handle_get_volume_stats(struct call *call, const void *message) {
    const Grpc__VolumeStatsRequest *request = message;
    struct statvfs status;
    if (statvfs(request->volume_guest_path, &status) < 0) {
        call_fail(call, STATUS_INTERNAL, "GetVolumeStats %s: %s", request->volume_guest_path, strerror(errno));
        return;
    }
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

// Looking at a mount whose source is gone on the host makes the kernel notice.
void handle_remove_stale_virtiofs_share_mounts(struct call *call, const void *message) {
    (void)message;
    static const char prefix[] = SHARED_DIRECTORY "/";
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    struct mntent *entry;
    struct stat status;
    while (mounts != NULL && (entry = getmntent(mounts)) != NULL)
        if (strncmp(entry->mnt_dir, prefix, sizeof prefix - 1) == 0 && stat(entry->mnt_dir, &status) < 0) continue;
    if (mounts != NULL) endmntent(mounts);
    call_reply_empty(call);
}

void handle_get_diagnostic_data(struct call *call, const void *message) {
    const Grpc__GetDiagnosticDataRequest *request = message;
    const struct container *container = container_find(request->container_id);
    char text[4097] = "";
    Grpc__GetDiagnosticDataResponse response = GRPC__GET_DIAGNOSTIC_DATA_RESPONSE__INIT;
    response.data = text;
    if (strcmp(request->log_type, "termination_log") != 0)
        call_fail(call, STATUS_INVALID_ARGUMENT, "GetDiagnosticData: log type \"%s\" (expected: termination_log)", request->log_type);
    else if (container == NULL)
        call_fail(call, STATUS_INVALID_ARGUMENT, "GetDiagnosticData: invalid container id \"%s\"", request->container_id);
    else if (container->termination_log != NULL && read_text(container->termination_log, text, sizeof text) < 0)
        call_fail(call, STATUS_INTERNAL, "GetDiagnosticData: %s: %s", container->termination_log, strerror(errno));
    else
        call_reply(call, &response.base);
}
