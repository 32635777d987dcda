package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.agent.AgentTrait;
import io.saya.agent.GuestDetails;
import io.saya.cgroup.PodLimits;
import io.saya.config.RuntimeSettings.EmptyDirMode;
import io.saya.config.SharedFsConfig.RootfsUpper;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import io.saya.lifecycle.Patience;
import io.saya.network.sockets.HostSockets;
import io.saya.oci.OciSpec;
import io.saya.resources.GuestSwap;
import io.saya.resources.MachineFollower;
import io.saya.resources.OomScore;
import io.saya.share.KubeletVolume;
import io.saya.share.SharedDirectory;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What {@code io.saya.task} sees of a guest: it can use the guest and cannot end it. Thread safe.
 */
public interface TaskGuest {

    /** The agent; empty until it has answered. */
    Optional<Agent> agent();

    /**
     * The agent.
     *
     * @throws RuntimeFailure UNAVAILABLE until it has answered
     */
    Agent requireAgent();

    /**
     * Returns what the agent can do.
     *
     * @throws IllegalStateException until the guest is up
     */
    GuestDetails details();

    /** True if the agent is known to have a trait: of a guest that is not up nothing is known. */
    boolean has(AgentTrait trait);

    /** Makes the machine larger or smaller as its containers come, change and go. */
    MachineFollower machine();

    /** The process that serves the guest its files; 0 until there is one. */
    long sharePid();

    /** Decides which process the host's kernel ends first for want of memory. */
    OomScore oomScore();

    /**
     * Returns a specification with the limits that a container of it has in this guest, as far as
     * the configuration decides on them.
     *
     * @throws JsonException for limits of a wrong type
     */
    OciSpec limited(OciSpec spec);

    /**
     * Returns limits of an update as they are in this guest.
     *
     * @param resources OCI's {@code linux.resources}
     * @throws JsonException for members of a wrong type
     */
    JsonObject limited(JsonObject resources);

    /** Gives the guest what its containers may swap to. */
    GuestSwap swap();

    /** Returns what the pod's cgroup on the host limits now: a short read for each. */
    PodLimits podLimits();

    /** The files of the host that the guest sees. */
    SharedDirectory shared();

    /** True if root file systems in files and on devices go to the guest as disks. */
    boolean takesDisks();

    /**
     * Gives the guest a disk, while it boots or runs; see {@link
     * io.saya.hypervisor.Vm#plug(VmDevice.Block)}.
     *
     * @return where the guest finds it: its PCI path
     * @throws HypervisorFailure with nothing left, or with a disk whose place is lost
     */
    String plug(VmDevice.Block disk) throws HypervisorFailure;

    /**
     * Takes it away again; one that is not there is fine.
     *
     * @throws HypervisorFailure if the guest does not let go of it
     */
    void unplug(VmDevice.Block disk) throws HypervisorFailure;

    /** Where a container's root file system is to be written, as the configuration says. */
    RootfsUpper rootfsUpper();

    /** Where emptyDir volumes live, as configured. */
    EmptyDirMode emptyDirMode();

    /**
     * Tells the guest of changes in a volume from now on, for one container; see {@link
     * VolumeFollower#follow}.
     */
    void follow(String mountPoint, KubeletVolume.Told told);

    /** Returns what the guest has of a volume that is followed. */
    Optional<KubeletVolume.Told> followed(String mountPoint);

    /** Ends that for one container. */
    void unfollow(String mountPoint);

    /** The sockets of the host that containers may connect to. */
    HostSockets sockets();

    /** The host's kernel. */
    Host host();

    /**
     * Makes a process that stands for a container on the host; in the pod's cgroup and network
     * namespace, as the VMM is. Blocks for some milliseconds.
     *
     * @param program the container's program with its arguments, for whoever lists processes on the
     *     host
     */
    HostProcess standIn(String containerId, List<String> program) throws IOException;

    /**
     * Begins to wait for something that the guest is to do within {@code limit} of {@link
     * GuestTime}, and within so many times the limit by the clock.
     */
    Patience await(Duration limit, int clockFactor);

    /**
     * Gives the guest the interfaces that have come since its start, if {@code containerId} is the
     * sandbox container. Blocks.
     *
     * @throws RuntimeFailure if that cannot be done: the container's program must not run then
     */
    void beforeStart(String containerId);

    /**
     * Follows the interfaces that come and go from now on, if {@code containerId} is the sandbox
     * container. Returns at once.
     */
    void afterStart(String containerId);
}
