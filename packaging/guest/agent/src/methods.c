#include "methods.h"

#include <string.h>

#include "agent/agent.pb-c.h"
#include "agent/health.pb-c.h"
#include "agent/memory.pb-c.h"
#include "agent/ports.pb-c.h"
#include "copy_file.h"
#include "creation.h"
#include "freezer.h"
#include "guest.h"
#include "hotplug.h"
#include "links.h"
#include "metrics.h"
#include "names.h"
#include "oom.h"
#include "ports.h"
#include "process_calls.h"
#include "reclaim.h"
#include "removal.h"
#include "routes.h"
#include "sandbox.h"
#include "socket_mount.h"
#include "sockets.h"
#include "stats.h"
#include "swap.h"
#include "update.h"
#include "volumes.h"

const char agent_service[] = "grpc.AgentService", health_service[] = "grpc.Health", ports_service[] = "saya.Ports",
           memory_service[] = "saya.Memory";

#define HEALTH(name, request, handler) \
    { health_service, name, &grpc__##request##__descriptor, handler }
#define AGENT(name, request, handler) \
    { agent_service, name, &grpc__##request##__descriptor, handler }
#define PORTS(name, request, handler) \
    { ports_service, name, &saya__##request##__descriptor, handler }

// A method that is not here is answered UNIMPLEMENTED: policy, iptables, resizing of volumes, the memory agent.
static const struct method methods[] = {
    HEALTH("Check", check_request, handle_check),
    HEALTH("Version", check_request, handle_version),

    AGENT("CreateSandbox", create_sandbox_request, handle_create_sandbox),
    AGENT("DestroySandbox", destroy_sandbox_request, handle_destroy_sandbox),

    AGENT("CreateContainer", create_container_request, handle_create_container),
    AGENT("StartContainer", start_container_request, handle_start_container),
    AGENT("RemoveContainer", remove_container_request, handle_remove_container),
    AGENT("UpdateContainer", update_container_request, handle_update_container),
    AGENT("PauseContainer", pause_container_request, handle_pause_container),
    AGENT("ResumeContainer", resume_container_request, handle_resume_container),
    AGENT("StatsContainer", stats_container_request, handle_stats_container),
    AGENT("GetOOMEvent", get_oomevent_request, handle_get_oom_event),
    AGENT("GetDiagnosticData", get_diagnostic_data_request, handle_get_diagnostic_data),

    AGENT("ExecProcess", exec_process_request, handle_exec_process),
    AGENT("SignalProcess", signal_process_request, handle_signal_process),
    AGENT("WaitProcess", wait_process_request, handle_wait_process),
    AGENT("ReadStdout", read_stream_request, handle_read_stdout),
    AGENT("ReadStderr", read_stream_request, handle_read_stderr),
    AGENT("WriteStdin", write_stream_request, handle_write_stdin),
    AGENT("CloseStdin", close_stdin_request, handle_close_stdin),
    AGENT("TtyWinResize", tty_win_resize_request, handle_tty_win_resize),

    AGENT("UpdateInterface", update_interface_request, handle_update_interface),
    AGENT("ListInterfaces", list_interfaces_request, handle_list_interfaces),
    AGENT("UpdateRoutes", update_routes_request, handle_update_routes),
    AGENT("ListRoutes", list_routes_request, handle_list_routes),
    AGENT("AddARPNeighbors", add_arpneighbors_request, handle_add_arp_neighbors),

    AGENT("CopyFile", copy_file_request, handle_copy_file),
    AGENT("GetVolumeStats", volume_stats_request, handle_get_volume_stats),
    AGENT("UpdateEphemeralMounts", update_ephemeral_mounts_request, handle_update_ephemeral_mounts),
    AGENT("RemoveStaleVirtiofsShareMounts", remove_stale_virtiofs_share_mounts_request, handle_remove_stale_virtiofs_share_mounts),

    AGENT("GetGuestDetails", guest_details_request, handle_get_guest_details),
    AGENT("OnlineCPUMem", online_cpumem_request, handle_online_cpu_mem),
    AGENT("MemHotplugByProbe", mem_hotplug_by_probe_request, handle_mem_hotplug_by_probe),
    AGENT("SetGuestDateTime", set_guest_date_time_request, handle_set_guest_date_time),
    AGENT("ReseedRandomDev", reseed_random_dev_request, handle_reseed_random_dev),
    AGENT("AddSwap", add_swap_request, handle_add_swap),
    AGENT("AddSwapPath", add_swap_path_request, handle_add_swap_path),
    AGENT("GetMetrics", get_metrics_request, handle_get_metrics),

    PORTS("Connect", connect_request, handle_connect),
    PORTS("Disconnect", disconnect_request, handle_disconnect),
    PORTS("ServeNames", serve_names_request, handle_serve_names),
    PORTS("ServeSockets", serve_sockets_request, handle_serve_sockets),
    PORTS("OfferSocket", offer_socket_request, handle_offer_socket),
    PORTS("MountSocket", mount_socket_request, handle_mount_socket),

    {memory_service, "Reclaim", &saya__reclaim_request__descriptor, handle_reclaim},
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
