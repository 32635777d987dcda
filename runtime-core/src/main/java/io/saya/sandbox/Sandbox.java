package io.saya.sandbox;

import io.saya.agent.AgentConnector;
import io.saya.agent.GuestDetails;
import io.saya.agent.SandboxSetup;
import io.saya.config.RuntimeConfig;
import io.saya.event.EventSink;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.hypervisor.GuestConsole;
import io.saya.hypervisor.Hypervisor;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import io.saya.oci.OciSpec.OciMount;
import io.saya.sandbox.SandboxEvent.BootRequested;
import io.saya.sandbox.SandboxEvent.BootSucceeded;
import io.saya.sandbox.SandboxEvent.StopFinished;
import io.saya.sandbox.SandboxEvent.StopRequested;
import io.saya.sandbox.SandboxState.StopCause;
import io.saya.share.ContainerShares;
import io.saya.share.SharedDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The life of a sandbox: boots once, runs containers, stops once and for all. What is done with its
 * containers is in {@link Tasks}. Thread safe.
 */
public final class Sandbox implements AutoCloseable {

    private static final Log LOG = Log.of("sandbox");

    /**
     * The steps of a stop have bounds of their own; this one strikes when the kernel does not let
     * go of a process.
     */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    /** How long the connecting thread may take to notice that the VM is gone. */
    private static final long BOOT_FAILURE_LIMIT_MS = 2_000;

    /** A pod's resolv.conf beyond this is cut. */
    private static final int DNS_LINES = 256;

    private final SandboxIdentity identity;
    private final RuntimeConfig config;
    private final StartClock clock;
    private final Guest guest;
    private final TaskTable tasks;
    private final Exits exits;
    private final SandboxStop stop;
    private final CompletableFuture<Void> booted = new CompletableFuture<>();
    private final CompletableFuture<Void> launchEnded = new CompletableFuture<>();
    private final CompletableFuture<Void> bootEnded = new CompletableFuture<>();
    private final CompletableFuture<StopCause> stopped = new CompletableFuture<>();
    // Guarded by the task table's lock.
    private SandboxState state = new SandboxState.New();

    public Sandbox(
            SandboxIdentity identity,
            RuntimeConfig config,
            Host host,
            Hypervisor hypervisor,
            AgentConnector connector,
            EventSink events,
            SandboxCgroup cgroup,
            StartClock clock) {
        this.identity = identity;
        this.config = config;
        this.clock = clock;
        this.guest = new Guest(identity, config, host, hypervisor, connector, cgroup, clock);
        this.tasks = new TaskTable(events);
        this.exits = new Exits(tasks, guest, this::requestStop);
        this.stop = new SandboxStop(tasks, guest, exits);
    }

    /**
     * Starts the VM; returns while the guest boots. Whether it comes up is known to {@link
     * #awaitBoot}.
     *
     * @param spec the specification of the sandbox container
     * @throws RuntimeFailure if the VM cannot even be started; nothing is left then
     */
    public void boot(OciSpec spec) {
        advance(new BootRequested());
        try {
            guest.launch(NetworkPlace.of(spec, config));
        } catch (RuntimeFailure e) {
            booted.completeExceptionally(e);
            bootEnded.complete(null);
            requestStop(new StopCause.BootFailed(e.getMessage()));
            throw e;
        } finally {
            launchEnded.complete(null);
        }
        var _ = guest.lost().thenAccept(this::requestStop);
        // From now on: a guest that hangs while it boots is as lost as one that hangs later.
        GuestHealth health =
                new GuestHealth(
                        guest.pid(), guest::agent, config.agent().healthCheckTimeout(), stopped);
        Thread.ofVirtual().name("health").start(() -> requestStop(health.watch()));
        Thread.ofVirtual().name("boot").start(() -> connect(setup(spec)));
    }

    /** Whether the sandbox can still get, or has, a guest. */
    public boolean live() {
        return switch (state()) {
            case SandboxState.New(), SandboxState.Booting(), SandboxState.Running() -> true;
            case SandboxState.Stopping _, SandboxState.Stopped _ -> false;
        };
    }

    /**
     * Waits until containers can be created.
     *
     * @throws RuntimeFailure with the phase, the cause and the guest's console if the guest does
     *     not come up
     */
    public void awaitBoot() {
        Duration limit = config.agent().dialTimeout().plus(STOP_LIMIT);
        try {
            booted.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeFailure failure
                    ? new RuntimeFailure(failure.kind(), failure.getMessage(), failure)
                    : RuntimeFailure.internal(
                            "boot of sandbox " + identity.id() + " failed: " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw RuntimeFailure.deadlineExceeded(
                    "sandbox " + identity.id() + " did not come up within " + limit, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RuntimeFailure.unavailable(
                    "interrupted while sandbox " + identity.id() + " boots", e);
        }
    }

    /**
     * Why something cannot be done with a sandbox that is not live: the failure of its boot, or the
     * cause of its stop. Waits a moment for the first.
     *
     * @param doing such as {@code create container c1}
     */
    RuntimeFailure whyNot(String doing) {
        try {
            booted.get(BOOT_FAILURE_LIMIT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeFailure failure) {
                return new RuntimeFailure(failure.kind(), failure.getMessage(), failure);
            }
        } catch (TimeoutException e) {
            LOG.debug("no verdict on the boot yet", "error", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        String cause =
                switch (state()) {
                    case SandboxState.Stopping(StopCause why) -> ": " + why.describe();
                    case SandboxState.Stopped(StopCause why) -> ": " + why.describe();
                    default -> "";
                };
        return RuntimeFailure.failedPrecondition(
                "cannot " + doing + ": sandbox " + identity.id() + " has stopped" + cause);
    }

    /** Asks for the stop of everything and returns at once; the first cause counts. */
    public void requestStop(StopCause cause) {
        tasks.locked(
                () -> {
                    SandboxState before = state;
                    state = SandboxTransitions.next(before, new StopRequested(cause));
                    if (!state.equals(before)) {
                        LOG.info("sandbox stops", "cause", cause.describe());
                        Thread.ofVirtual().name("stop").start(() -> runStop(cause, before));
                    }
                });
    }

    /**
     * Stops everything: when this returns, no process of the sandbox is left on the host, and every
     * exit is public.
     *
     * @throws RuntimeFailure DEADLINE_EXCEEDED if the kernel does not let go of a process
     */
    public void stop() {
        requestStop(new StopCause.Requested());
        awaitStopped();
    }

    /** Waits for a stop that was requested. */
    public void awaitStopped() {
        try {
            stopped.get(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw RuntimeFailure.deadlineExceeded(
                    "sandbox "
                            + identity.id()
                            + " did not stop within "
                            + STOP_LIMIT
                            + ": QEMU "
                            + guest.pid()
                            + " or virtiofsd cannot be reaped",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RuntimeFailure.unavailable(
                    "interrupted while sandbox " + identity.id() + " stops", e);
        }
    }

    /** Completes, never exceptionally, when the VM is gone and every exit is public. */
    public CompletableFuture<StopCause> stopped() {
        return stopped;
    }

    /**
     * Gives back everything on the host; the sandbox must have stopped, its containers must be
     * released.
     */
    public void release() {
        guest.release();
    }

    /** Stops everything and gives everything back, whatever state it is in. */
    @Override
    public void close() {
        stop();
        release();
    }

    public SandboxIdentity identity() {
        return identity;
    }

    /** The guest's console; empty before the VM is started. */
    public Optional<GuestConsole> console() {
        return guest.console();
    }

    /** The version of the agent as it tells it; empty before the guest is up. */
    public String agentVersion() {
        return guest.knownDetails().map(GuestDetails::version).orElse("");
    }

    /** The VMM's process; 0 before the VM is started. */
    public int vmmPid() {
        return guest.pid();
    }

    /** Where it is in its life, in one word. */
    public String stateWord() {
        return switch (state()) {
            case SandboxState.New(), SandboxState.Booting() -> "booting";
            case SandboxState.Running() -> "running";
            case SandboxState.Stopping _ -> "stopping";
            case SandboxState.Stopped _ -> "stopped";
        };
    }

    /** How long the phases of the start took. */
    public StartClock clock() {
        return clock;
    }

    SandboxState state() {
        return tasks.locked(() -> state);
    }

    Guest guest() {
        return guest;
    }

    TaskTable tasks() {
        return tasks;
    }

    Exits exits() {
        return exits;
    }

    private void connect(SandboxSetup setup) {
        try {
            guest.connect(setup);
            advance(new BootSucceeded());
            if (state() instanceof SandboxState.Running) {
                new OutOfMemoryWatch(guest.requireAgent(), tasks).start();
                LOG.info("sandbox is up", clock.fields());
                booted.complete(null);
            } else {
                booted.completeExceptionally(
                        RuntimeFailure.unavailable(
                                "sandbox " + identity.id() + " is being stopped", null));
            }
        } catch (RuntimeException e) {
            booted.completeExceptionally(e);
            requestStop(new StopCause.BootFailed(String.valueOf(e.getMessage())));
        } finally {
            bootEnded.complete(null);
        }
    }

    private void runStop(StopCause cause, SandboxState before) {
        if (before instanceof SandboxState.Booting) {
            // A VM that is just being started must not slip away: its start is awaited, then it is
            // ended. The start has no wait of its own that could last.
            launchEnded.join();
        }
        try {
            stop.endGuest(cause);
        } catch (RuntimeException e) {
            LOG.error("stop failed; the VM is killed", "error", e);
            guest.stop(false);
        }
        if (!(cause instanceof StopCause.Requested)) {
            // The thread that connects knows best why there is no guest: with its console. It fails
            // now that the VM is gone.
            bootEnded.completeOnTimeout(null, BOOT_FAILURE_LIMIT_MS, TimeUnit.MILLISECONDS).join();
        }
        booted.completeExceptionally(
                RuntimeFailure.unavailable(
                        "sandbox " + identity.id() + " stopped: " + cause.describe(), null));
        advance(new StopFinished());
        stop.publish(cause);
        stopped.complete(cause);
    }

    private void advance(SandboxEvent event) {
        tasks.locked(
                () -> {
                    state = SandboxTransitions.next(state, event);
                });
    }

    private SandboxSetup setup(OciSpec spec) {
        String hostname = spec.hostname();
        return new SandboxSetup(
                identity.id(),
                hostname.substring(0, Math.min(64, hostname.length())),
                dns(spec),
                SharedDirectory.TAG,
                SharedDirectory.GUEST_PATH,
                ContainerShares.GUEST_SHM,
                config.agent().kernelModules(),
                config.hypervisor().guest().hookPath());
    }

    /** The lines of the file that the sandbox container has at /etc/resolv.conf. */
    private static List<String> dns(OciSpec spec) {
        for (OciMount mount : spec.mounts()) {
            if (mount.destination().equals("/etc/resolv.conf") && mount.bind()) {
                try (var lines = Files.lines(Path.of(mount.source()))) {
                    return lines.limit(DNS_LINES).toList();
                } catch (IOException | java.io.UncheckedIOException e) {
                    LOG.warn(
                            "the pod's resolv.conf cannot be read",
                            "path",
                            mount.source(),
                            "error",
                            e);
                }
            }
        }
        return List.of();
    }
}
