package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.agent.GuestDetails;
import io.saya.cgroup.PodLimits;
import io.saya.config.RuntimeSettings.EmptyDirMode;
import io.saya.config.SharedFsConfig.RootfsUpper;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.lifecycle.Patience;
import io.saya.resources.MachineFollower;
import io.saya.resources.OomScore;
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

    /** Makes the machine larger or smaller as its containers come, change and go. */
    MachineFollower machine();

    /** The process that serves the guest its files; 0 until there is one. */
    long sharePid();

    /** Decides which process the host's kernel ends first for want of memory. */
    OomScore oomScore();

    /** Returns what the pod's cgroup on the host limits now: a short read for each. */
    PodLimits podLimits();

    /** The files of the host that the guest sees. */
    SharedDirectory shared();

    /** Where a container's root file system is to be written, as the configuration says. */
    RootfsUpper rootfsUpper();

    /** Where emptyDir volumes live, as configured. */
    EmptyDirMode emptyDirMode();

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

    /** Begins to wait for something that the guest is to do within {@code limit}. */
    Patience await(Duration limit);

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
