package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.config.RuntimeConfig;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.hypervisor.Vm;
import io.saya.json.JsonObject;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.network.GuestNetwork;
import io.saya.network.LateNetwork;
import io.saya.network.NetworkRecord;
import io.saya.network.NetworkSettings;
import io.saya.network.NetworkWatch;
import io.saya.network.PodNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Gives the guest the interfaces that come when its VM runs already. It looks for them before the
 * sandbox container's program starts, so that the program has its network from its first
 * instruction (Docker makes them between Create and Start), and from then on whenever something
 * changes. Thread safe.
 */
final class NetworkFollower {
    private static final Log LOG = Log.of("network");

    /**
     * How long an earlier change may take: some steps of plugging have bounds of 5 s each, an agent
     * has a minute for each request.
     */
    private static final Duration TURN_LIMIT = Duration.ofSeconds(90);

    /**
     * How long the thread that is plugging may take to leave; once VM and agent are gone it fails
     * at once.
     */
    private static final Duration LEAVE_LIMIT = Duration.ofSeconds(30);

    /**
     * How long the VM may outlive what fails because it ends: a guest that shuts down above all.
     */
    private static final Duration END_LIMIT = Duration.ofSeconds(5);

    private final Host host;
    private final SandboxIdentity identity;
    private final Vm vm;
    private final LateNetwork late;
    private final boolean ownNamespace;

    /** Held by the thread that looks at the namespace and plugs. */
    private final Semaphore turn = new Semaphore(1);

    private final NetworkNames names;

    private final Runnable whenFollowed;

    private volatile String lastFailure = "";
    private final Companion<NetworkWatch> watch = new Companion<>("watch of the network");
    private volatile boolean ended;

    /**
     * A follower that does nothing yet.
     *
     * @param early what the VM was started with
     * @param ownNamespace whether the namespace is the VMM's own, and ends with it
     * @param resolverFile what the sandbox container has as its {@code /etc/resolv.conf}
     * @param namesBefore what another daemon has started to serve names
     * @param whenFollowed run after each look at the namespace
     */
    NetworkFollower(
            Host host,
            SandboxIdentity identity,
            RuntimeConfig config,
            SandboxCgroup cgroup,
            PodNetwork early,
            boolean ownNamespace,
            Vm vm,
            Supplier<Agent> agent,
            Optional<Path> resolverFile,
            Optional<JsonObject> namesBefore,
            Runnable whenFollowed) {
        this.whenFollowed = whenFollowed;
        this.host = host;
        this.identity = identity;
        this.vm = vm;
        this.ownNamespace = ownNamespace;
        this.names =
                new NetworkNames(
                        host,
                        identity,
                        resolverFile,
                        address -> agent.get().serveNames(address),
                        namesBefore);
        this.late =
                new LateNetwork(
                        host,
                        NetworkSettings.of(config),
                        early.namespace(),
                        vm,
                        new LateNetwork.Listener() {
                            @Override
                            public void willMake(NetworkRecord record) throws IOException {
                                if (!ownNamespace) {
                                    SandboxRecord.save(
                                            identity, cgroup.placement(), Optional.of(record));
                                }
                            }

                            @Override
                            public void tellInterface(GuestNetwork network) {
                                agent.get().configureNetwork(network);
                            }

                            @Override
                            public void tellRoutes(GuestNetwork network) {
                                agent.get().updateRoutes(network);
                            }
                        });
    }

    /**
     * Gives the guest the interfaces that have come since the sandbox was made.
     *
     * @throws RuntimeFailure that names the interface, the step and the cause: a program that would
     *     run without its network is not started
     */
    void beforeStart() {
        long begun = System.nanoTime();
        try {
            follow();
        } catch (RuntimeFailure e) {
            throw new RuntimeFailure(e.kind(), text(e), e);
        } catch (IOException e) {
            throw RuntimeFailure.internal(text(e), e);
        }
        LOG.debug("network looked at before the start", "us", (System.nanoTime() - begun) / 1000);
    }

    /** Begins to follow changes; does not wait. */
    void begin() {
        Thread.ofVirtual().name("links").start(this::startWatch);
    }

    private void startWatch() {
        try {
            watch.start(
                    () ->
                            NetworkWatch.start(
                                    host,
                                    late.namespace(),
                                    identity.runDirectory(),
                                    identity.id(),
                                    this::changed));
        } catch (IOException e) {
            LOG.warn("interfaces that appear later will not be noticed", "why", e);
        }
    }

    /**
     * Follows a change. Where that fails the pod goes on with what it has, and the next change
     * tries again.
     */
    private void changed() {
        changed(END_LIMIT);
    }

    /**
     * @param patience how long a failure may turn out to be that of a sandbox that ends
     */
    void changed(Duration patience) {
        try {
            follow();
            lastFailure = "";
        } catch (IOException | RuntimeFailure e) {
            String why = String.valueOf(e.getMessage());
            if (!why.equals(lastFailure)) {
                lastFailure = why;
                tellUnlessItEnds(why, patience);
            }
        }
    }

    /**
     * A sandbox that ends loses its agent, its VM or its namespace before all know that it does.
     */
    private void tellUnlessItEnds(String why, Duration patience) {
        var _ =
                vm.exited()
                        .thenApply(_ -> true)
                        .completeOnTimeout(false, patience.toMillis(), TimeUnit.MILLISECONDS)
                        .thenAccept(
                                gone -> {
                                    if (!gone && !ended && why.equals(lastFailure)) {
                                        LOG.warn(
                                                "the guest's network is not what the pod's is",
                                                "why",
                                                why);
                                    }
                                });
    }

    private void follow() throws IOException {
        if (!await(TURN_LIMIT)) {
            throw new IOException("still busy with an earlier change after " + TURN_LIMIT);
        }
        try {
            if (!ended && !vm.exited().isDone()) {
                late.follow();
                names.look(late.namespace());
            }
        } finally {
            turn.release();
        }
        whenFollowed.run();
    }

    /**
     * Ends the process that watches the network; returns when it is reaped. May be called again.
     */
    void end() {
        ended = true;
        watch.end();
        names.end();
    }

    /** What serves names, for another daemon. */
    Optional<JsonObject> heldNames() {
        return names.held();
    }

    /** True while it follows a change. */
    boolean isBusy() {
        return turn.availablePermits() == 0;
    }

    /** Follows nothing from now on until {@link #release}; false if it does just now. */
    boolean hold() {
        return turn.tryAcquire();
    }

    /** Goes on after {@link #hold}. */
    void release() {
        turn.release();
    }

    /** Undoes what does not end with the VM; a namespace of the VMM's own does. */
    void leave() {
        end();
        boolean mine = await(LEAVE_LIMIT);
        if (!mine) {
            LOG.error("network is left while something is being plugged");
        }
        if (!ownNamespace) {
            late.undo();
        }
        if (mine) {
            turn.release(); // whoever comes now finds that it has ended
        }
    }

    private boolean await(Duration limit) {
        return Waited.happens(limit, nanos -> turn.tryAcquire(nanos, TimeUnit.NANOSECONDS));
    }

    private static String text(Exception cause) {
        return "cannot start, phase network: " + cause.getMessage();
    }
}
