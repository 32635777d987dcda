package io.saya.config;

import java.nio.file.Path;
import java.util.List;

/**
 * Section {@code [runtime]}.
 *
 * @param daemon the process that owns a sandbox
 * @param network how a pod's network reaches the VM
 * @param sandboxCgroupOnly shim, QEMU and virtiofsd all in the pod's cgroup ({@code
 *     sandbox_cgroup_only})
 * @param staticSandboxResourceManagement size the VM at boot and never again ({@code
 *     static_sandbox_resource_mgmt})
 * @param enableVcpusPinning one host CPU per virtual CPU ({@code enable_vcpus_pinning})
 * @param containers what containers are given
 * @param tracing where traces go
 */
public record RuntimeSettings(
        Daemon daemon,
        Network network,
        boolean sandboxCgroupOnly,
        boolean staticSandboxResourceManagement,
        boolean enableVcpusPinning,
        Containers containers,
        TracingConfig tracing) {

    /**
     * What containers are given.
     *
     * @param disableGuestSeccomp the guest does not get their seccomp profiles ({@code
     *     disable_guest_seccomp})
     * @param emptyDirMode where an emptyDir volume lives ({@code emptydir_mode})
     * @param forwardedSockets globs of the host's Unix sockets that containers may connect to
     *     ({@code valid_socket_paths}); empty without {@code forward_sockets}
     */
    public record Containers(
            boolean disableGuestSeccomp, EmptyDirMode emptyDirMode, List<String> forwardedSockets) {
        public Containers {
            forwardedSockets = List.copyOf(forwardedSockets);
        }
    }

    /**
     * The process that owns a sandbox.
     *
     * @param debug log level debug instead of info ({@code enable_debug})
     * @param restarts how many that die within an hour are followed by another one; 0: none ({@code
     *     daemon_restarts})
     * @param keepAbnormal a sandbox stays whose agent does not answer ({@code keep_abnormal})
     */
    public record Daemon(boolean debug, int restarts, boolean keepAbnormal) {}

    /**
     * How a pod's network reaches the VM.
     *
     * @param model how a pod's interface meets the VM's ({@code internetworking_model})
     * @param disableNewNetns stay in the host's network namespace ({@code disable_new_netns}); only
     *     with model {@code NONE}
     * @param danConf directory of directly attachable networks ({@code dan_conf})
     */
    public record Network(InternetworkingModel model, boolean disableNewNetns, Path danConf) {}

    /** Means by which a pod's interface meets the VM's. */
    public enum InternetworkingModel {
        TCFILTER,
        MACVTAP,
        NONE
    }

    /** Places for an emptyDir volume that is not in memory. */
    public enum EmptyDirMode {
        /** In the kubelet's directory on the host, shared with the guest. */
        SHARED_FS,
        /** An ext4 of the guest's own, in a file in that directory. */
        BLOCK_PLAIN
    }
}
