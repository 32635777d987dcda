package io.saya.sandbox;

import io.saya.agent.Agent;
import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.container.ProcessState;
import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.Guest;
import io.saya.guest.LaunchedGuest;
import io.saya.guest.StopCause;
import io.saya.host.Signal;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stops a sandbox, for every cause in these steps: it ends all containers at once, waits for their
 * output, has the guest write its files back, ends the VM and virtiofsd, and makes the exits
 * public, the sandbox container's last. Each step has its bound and none can keep the next from
 * being taken: what does not answer is killed.
 */
final class SandboxStop {

    private static final Log LOG = Log.of("stop");

    /** How long the guest gets to end its containers after SIGKILL. */
    private static final Duration CONTAINERS_LIMIT = Duration.ofSeconds(2);

    /**
     * How long output that the guest still holds may take to the host when the container ended by
     * itself. It waits for a reader only where one is so slow that all buffers between are full.
     */
    private static final Duration OUTPUT_LIMIT = Duration.ofSeconds(10);

    /** The limit for output when a client wants the sandbox gone. */
    private static final Duration KILLED_OUTPUT_LIMIT = Duration.ofSeconds(1);

    /** How long the guest gets to write its files back and to shut down. */
    private static final Duration SHUTDOWN_LIMIT = Duration.ofMillis(1_500);

    private final TaskTable tasks;
    private final Exits exits;

    /** Done when a client wants the sandbox gone. */
    private final CompletableFuture<Void> wanted = new CompletableFuture<>();

    private volatile @Nullable StopTimes times;

    SandboxStop(TaskTable tasks, Exits exits) {
        this.tasks = tasks;
        this.exits = exits;
    }

    /**
     * Ends the guest. Blocks for a few seconds at most, unless the kernel does not let go of a
     * process.
     */
    void endGuest(LaunchedGuest launched, StopCause cause) {
        Failpoints.reach(Moment.KILL_GUEST);
        long begun = System.nanoTime();
        boolean graceful = false;
        Guest guest = launched.guest();
        Agent agent = guest.agent().orElse(null);
        if (agent != null && cause.guestAnswers()) {
            boolean ended = endContainers(guest, agent);
            if (ended) {
                awaitOutput(
                        guest,
                        cause instanceof StopCause.ContainerExited
                                ? OUTPUT_LIMIT
                                : KILLED_OUTPUT_LIMIT);
            }
            graceful = ended && shutDown(agent);
        }
        Failpoints.reach(Moment.KILL_VM);
        long guestEnded = System.nanoTime();
        launched.stop().stop(graceful);
        times = new StopTimes(begun, guestEnded, System.nanoTime());
    }

    /** Returns when the steps of the stop were over; empty until the VM is gone. */
    Optional<StopTimes> times() {
        return Optional.ofNullable(times);
    }

    /**
     * Says that a client wants the sandbox gone: from now on a stop that is under way gives output
     * no more time than a stop that a client asked for.
     */
    void hurry() {
        wanted.complete(null);
    }

    /** Makes all ends public that are not yet public. To be called when the guest is gone. */
    void publish(StopCause cause) {
        exits.publishAll(cause);
    }

    private boolean endContainers(Guest guest, Agent agent) {
        List<CompletableFuture<?>> ends = new ArrayList<>();
        for (Container container : tasks.all()) {
            boolean live = tasks.locked(() -> container.state().liveInGuest());
            if (live) {
                Thread.ofVirtual()
                        .name("kill " + container.id())
                        .start(() -> kill(agent, container));
                ends.add(exits.known(container));
            }
        }
        boolean ended = withinOrLost(guest, ends, CONTAINERS_LIMIT);
        if (!ended) {
            LOG.warn(
                    "containers do not end in time; the VM is killed",
                    "limit_ms",
                    CONTAINERS_LIMIT.toMillis());
        }
        return ended;
    }

    private void awaitOutput(Guest guest, Duration limit) {
        List<CompletableFuture<?>> ends = new ArrayList<>();
        for (Container container : tasks.all()) {
            tasks.locked(
                    () -> {
                        // One that was never started has none, and its end closes its streams.
                        if (container.state().announced()
                                && !(container.stateOf(container.init())
                                        instanceof ProcessState.Created)) {
                            ends.add(container.init().stdio().outputRead());
                        }
                        for (ContainerProcess exec : container.execs().values()) {
                            // One that did not run is closed when it has ended.
                            switch (container.stateOf(exec)) {
                                case ProcessState.Running(), ProcessState.Stopped _ ->
                                        ends.add(exec.stdio().outputRead());
                                case ProcessState.Created(), ProcessState.Starting() -> {}
                            }
                        }
                    });
        }
        CompletableFuture<?> all = CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new));
        CompletableFuture<Void> hurried =
                wanted.thenCompose(
                        _ ->
                                new CompletableFuture<Void>()
                                        .completeOnTimeout(
                                                null,
                                                KILLED_OUTPUT_LIMIT.toMillis(),
                                                TimeUnit.MILLISECONDS));
        withinOrLost(guest, List.of(CompletableFuture.anyOf(all, hurried)), limit);
        if (!all.isDone()) {
            LOG.warn(
                    "output is lost: nobody reads it and the VM stops",
                    "limit_ms",
                    limit.toMillis());
        }
    }

    /**
     * Waits for all futures; false if the limit comes first, or the guest is lost and will not
     * complete them.
     */
    private boolean withinOrLost(Guest guest, List<CompletableFuture<?>> futures, Duration limit) {
        CompletableFuture<Void> all =
                CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new));
        return Waited.on(CompletableFuture.anyOf(all, guest.lost()), limit).isDone()
                && all.isDone();
    }

    private void kill(Agent agent, Container container) {
        tasks.signalled(container, Signal.SIGKILL, true);
        try {
            agent.signalContainer(container.id(), Signal.SIGKILL);
            container.init().killed().open();
        } catch (RuntimeFailure e) {
            if (e.kind() != RuntimeFailure.Kind.NOT_FOUND) {
                LOG.debug("kill in the guest failed", "container", container.id(), "error", e);
            }
        }
    }

    private static boolean shutDown(Agent agent) {
        try {
            agent.destroySandbox(SHUTDOWN_LIMIT);
            return true;
        } catch (RuntimeFailure e) {
            // UNAVAILABLE is the good case too: the guest was off before its answer came out.
            if (e.kind() != RuntimeFailure.Kind.UNAVAILABLE) {
                LOG.warn("the guest does not shut down in time; the VM is killed", "error", e);
            }
            return e.kind() == RuntimeFailure.Kind.UNAVAILABLE;
        }
    }
}
