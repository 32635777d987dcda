package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.config.RuntimeConfig;
import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmDevice;
import io.saya.json.JsonObject;
import io.saya.lifecycle.UndoStack;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.network.GuestNetwork;
import io.saya.network.NetworkSettings;
import io.saya.network.PodNetwork;
import io.saya.network.ports.PortDialer;
import io.saya.network.ports.PortForward;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Joins the pod's network to its VM: makes what the VMM needs before it starts and the rest while
 * the guest boots, and then tells the guest.
 */
final class SandboxNetwork {
    private static final Log LOG = Log.of("network");

    /** How long the joining may take: some milliseconds, unless others hold the kernel's lock. */
    private static final Duration JOIN_LIMIT = Duration.ofSeconds(30);

    private final Host host;
    private final SandboxIdentity identity;
    private final RuntimeConfig config;
    private final SandboxCgroup cgroup;
    private final @Nullable PodNetwork pod;
    private volatile @Nullable NetworkFollower follower;
    private boolean recorded;
    private boolean follows;
    private Optional<JsonObject> portsBefore = Optional.empty();
    private Optional<JsonObject> namesBefore = Optional.empty();

    /** Run when what {@link #describe} tells may have changed. */
    private volatile Runnable whenChanged = () -> {};

    private final Companion<PortForward> ports = new Companion<>("port-forward");
    private volatile CompletableFuture<GuestNetwork> joined =
            CompletableFuture.completedFuture(GuestNetwork.NONE);

    private SandboxNetwork(
            Host host,
            SandboxIdentity identity,
            RuntimeConfig config,
            SandboxCgroup cgroup,
            @Nullable PodNetwork pod) {
        this.host = host;
        this.identity = identity;
        this.config = config;
        this.cgroup = cgroup;
        this.pod = pod;
    }

    /**
     * Looks at the namespace, writes down what will be made, and makes what the VMM opens.
     *
     * @param namespace empty: the guest gets no interface
     * @param cgroup written down with it
     * @param resources gets the way back
     */
    static SandboxNetwork prepare(
            Host host,
            Optional<Path> namespace,
            SandboxIdentity identity,
            RuntimeConfig config,
            SandboxCgroup cgroup,
            UndoStack resources)
            throws IOException {
        refuseDirectNetwork(config.runtime().network().danConf(), identity);
        if (namespace.isEmpty()) {
            SandboxRecord.save(identity, cgroup.placement(), Optional.empty());
            return new SandboxNetwork(host, identity, config, cgroup, null);
        }
        Failpoints.reach(Moment.NETWORK_SCAN);
        long begun = System.nanoTime();
        PodNetwork pod = PodNetwork.scan(host, namespace.get(), NetworkSettings.of(config));
        long scanned = System.nanoTime();
        Failpoints.reach(Moment.NETWORK_RECORD);
        SandboxRecord.save(identity, cgroup.placement(), Optional.of(pod.record()));
        SandboxNetwork network = new SandboxNetwork(host, identity, config, cgroup, pod);
        resources.push("network", network::leave);
        pod.prepare();
        LOG.debug(
                "network prepared",
                "interfaces",
                pod.cards().size(),
                "scan_us",
                (scanned - begun) / 1000,
                "record_and_prepare_us",
                (System.nanoTime() - scanned) / 1000);
        return network;
    }

    /**
     * Refuses a sandbox whose directly attached network is described in a file, which would take
     * the place of the namespace's interfaces
     * (runtime-core/kata.md#what-the-guest-is-told-of-its-network).
     */
    private static void refuseDirectNetwork(Path directory, SandboxIdentity identity)
            throws IOException {
        Path description = directory.resolve(identity.id() + ".json");
        if (Files.exists(description)) {
            throw new IOException(
                    description
                            + " describes a directly attached network for this sandbox, which is"
                            + " not supported (expected: no such file; dan_conf below [runtime]"
                            + " names its directory)");
        }
    }

    /** The VM's network cards. */
    List<VmDevice> cards() {
        List<VmDevice> cards = new ArrayList<>();
        if (pod != null) {
            cards.addAll(pod.cards());
            cards.addAll(pod.devices());
        }
        return cards;
    }

    /**
     * How many interfaces may come later: none where there were some at the start, as with CNI,
     * whose VMs are spared the places for them.
     */
    int plugSlots(NetworkPlace place) {
        return cards().isEmpty() && place.vmm().isPresent() ? VmPlan.PLUG_SLOTS : 0;
    }

    /**
     * Makes it possible that interfaces come later, if the VM has room for them.
     *
     * @param agent of use once the guest is up
     * @param resources gets the way back
     */
    void follow(NetworkPlace place, Vm vm, Supplier<Agent> agent, UndoStack resources) {
        if (plugSlots(place) == 0) {
            return;
        }
        boolean own = pod == null;
        PodNetwork early =
                pod == null ? PodNetwork.none(host, Path.of("/proc/" + vm.pid() + "/ns/net")) : pod;
        NetworkFollower following =
                new NetworkFollower(
                        host,
                        identity,
                        config,
                        cgroup,
                        early,
                        own,
                        vm,
                        agent,
                        place.resolverFile(),
                        namesBefore,
                        () -> whenChanged.run());
        follower = following;
        resources.push("interfaces that came later", following::leave);
    }

    /**
     * Gives the guest the interfaces that have come meanwhile, before the sandbox container's
     * program runs.
     *
     * @throws RuntimeFailure if that cannot be done
     */
    void beforeStart(String containerId) {
        NetworkFollower following = follower;
        if (following != null && containerId.equals(identity.id())) {
            following.beforeStart();
        }
    }

    /** Follows the interfaces that come and go from now on; does not wait. */
    void afterStart(String containerId) {
        NetworkFollower following = follower;
        if (following != null && containerId.equals(identity.id())) {
            following.begin();
        }
    }

    /** Begins to look for interfaces that come later; the sandbox container runs. */
    void goOn() {
        NetworkFollower following = follower;
        if (following != null) {
            following.begin();
        }
    }

    /** Joins the cards, which the VMM has open by now, to the pod's interfaces; does not wait. */
    void join() {
        if (pod == null) {
            return;
        }
        CompletableFuture<GuestNetwork> result = new CompletableFuture<>();
        joined = result;
        Thread.ofVirtual()
                .name("network")
                .start(
                        () -> {
                            try {
                                long begun = System.nanoTime();
                                pod.connect();
                                LOG.debug(
                                        "network joined", "us", (System.nanoTime() - begun) / 1000);
                                result.complete(pod.guest());
                            } catch (IOException | RuntimeException | Error e) {
                                result.completeExceptionally(e);
                            }
                        });
    }

    /**
     * Waits until the cards are joined.
     *
     * @return what the guest is to be told
     * @throws RuntimeFailure with what the kernel refused
     */
    GuestNetwork awaitJoined() {
        return switch (Waited.on(joined, JOIN_LIMIT)) {
            case Waited.Done(GuestNetwork network) -> network;
            case Waited.Failed(Throwable cause) ->
                    throw RuntimeFailure.internal(
                            "the pod's network cannot be joined: " + cause.getMessage(), cause);
            case Waited.TimedOut() ->
                    throw RuntimeFailure.deadlineExceeded(
                            "the pod's network was not joined within " + JOIN_LIMIT, null);
            case Waited.Interrupted() ->
                    throw RuntimeFailure.unavailable(
                            "interrupted while the network is joined", null);
        };
    }

    /**
     * Makes the guest's ports answer on localhost of the pod's namespace; does not wait. A pod for
     * which that cannot be done does without.
     */
    void forwardPorts(PortDialer dialer) {
        if (pod != null) {
            Thread.ofVirtual().name("ports").start(() -> startForward(pod, dialer));
        }
    }

    private void startForward(PodNetwork namespace, PortDialer dialer) {
        try {
            if (portsBefore.isPresent()) {
                PortForward.end(host, identity.runDirectory(), portsBefore.get());
            }
            ports.start(
                    () ->
                            PortForward.start(
                                    host,
                                    namespace.namespace(),
                                    identity.runDirectory(),
                                    identity.id(),
                                    dialer));
        } catch (IOException e) {
            LOG.warn("port-forward will not reach the guest", "why", e);
        }
        whenChanged.run();
    }

    /** Has this run when what {@link #describe} tells may have changed; it must not block. */
    void whenChanged(Runnable told) {
        whenChanged = told;
    }

    /**
     * Describes it for another daemon, and changes nothing until {@link #release}; null if busy.
     */
    @Nullable JsonObject hold() {
        NetworkFollower following = follower;
        return following == null || following.hold() ? describe() : null;
    }

    /** True while something of it is being changed. */
    boolean isBusy() {
        NetworkFollower following = follower;
        return following != null && following.isBusy();
    }

    /** Describes it for another daemon. */
    JsonObject describe() {
        NetworkFollower following = follower;
        JsonObject.Builder held =
                JsonObject.builder()
                        .put("recorded", recorded || (pod != null && !cards().isEmpty()))
                        .put("follows", following != null);
        ports.current().ifPresent(forward -> held.put("ports", forward.held()));
        if (following != null) {
            following.heldNames().ifPresent(names -> held.put("names", names));
        }
        return held.build();
    }

    /** Goes on after {@link #hold}. */
    void release() {
        NetworkFollower following = follower;
        if (following != null) {
            following.release();
        }
    }

    /**
     * The network that another daemon has joined. What has to be undone of it is in the record, and
     * the guard's to undo.
     */
    static SandboxNetwork standing(
            Host host,
            Optional<Path> namespace,
            SandboxIdentity identity,
            RuntimeConfig config,
            SandboxCgroup cgroup,
            JsonObject held) {
        SandboxNetwork network =
                new SandboxNetwork(
                        host,
                        identity,
                        config,
                        cgroup,
                        namespace.map(path -> PodNetwork.none(host, path)).orElse(null));
        network.recorded = held.bool("recorded").orElse(false);
        network.follows = held.bool("follows").orElse(false);
        network.portsBefore = held.object("ports");
        network.namesBefore = held.object("names");
        return network;
    }

    /** True if interfaces that come later are looked for. */
    boolean follows() {
        return follows;
    }

    /** True if the record has something to undo that only the guard knows how. */
    boolean recorded() {
        return recorded;
    }

    /**
     * Ends what runs for the network; returns when it is reaped. What was made stays until the
     * resources are given back. May be called again.
     */
    void endProcesses() {
        NetworkFollower following = follower;
        if (following != null) {
            following.end();
        }
        ports.end();
    }

    /**
     * Undoes what was made in the pod's namespace. What is just being joined is joined first: else
     * it would be left behind.
     */
    private void leave() {
        ports.end();
        try {
            awaitJoined();
        } catch (RuntimeFailure e) {
            LOG.info("network is left before it was joined", "why", e.getMessage());
        }
        if (pod != null) {
            pod.undo();
        }
    }
}
