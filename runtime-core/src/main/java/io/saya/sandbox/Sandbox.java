package io.saya.sandbox;

import io.saya.agent.Agent;
import io.saya.agent.GuestDetails;
import io.saya.agent.SandboxSetup;
import io.saya.event.EventSink;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.Guest;
import io.saya.guest.GuestHealth;
import io.saya.guest.GuestLaunch;
import io.saya.guest.GuestTime;
import io.saya.guest.LaunchedGuest;
import io.saya.guest.NetworkPlace;
import io.saya.guest.SandboxIdentity;
import io.saya.guest.SandboxLimits;
import io.saya.guest.SetupPlan;
import io.saya.guest.StartClock;
import io.saya.guest.StopCause;
import io.saya.guest.TaskGuest;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.GuestConsole;
import io.saya.json.JsonObject;
import io.saya.lifecycle.SupervisedLoop;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import io.saya.sandbox.SandboxEvent.BootRequested;
import io.saya.sandbox.SandboxEvent.BootSucceeded;
import io.saya.sandbox.SandboxEvent.StopFinished;
import io.saya.sandbox.SandboxEvent.StopRequested;
import io.saya.text.PlainText;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A sandbox: it boots once, runs containers, and stops once and for all. What clients do with its
 * containers is in the package {@code io.saya.task}. Thread safe.
 */
public final class Sandbox implements AutoCloseable {

    private static final Log LOG = Log.of("sandbox");

    private final GuestLaunch launch;
    private final TaskTable tasks;
    private final Exits exits;
    private final SandboxStop stop;
    private final BootVerdict booted;
    private final StopReasons reasons;
    private final CompletableFuture<Optional<LaunchedGuest>> launched = new CompletableFuture<>();
    private final CompletableFuture<Void> bootEnded = new CompletableFuture<>();
    private final CompletableFuture<StopCause> stopped = new CompletableFuture<>();

    // Read and written under the task table's lock.
    private SandboxState state = new SandboxState.New();

    /** Makes a sandbox that is not booted yet. */
    public Sandbox(GuestLaunch launch, EventSink events) {
        this.launch = launch;
        this.booted = new BootVerdict(launch.identity().id());
        this.reasons = new StopReasons(launch.identity().id(), booted);
        this.tasks = new TaskTable(events);
        this.exits = new Exits(tasks, this::guest, this::requestStop);
        this.stop = new SandboxStop(tasks, exits);
    }

    /**
     * Starts the VM; returns while the guest boots. {@link #awaitBoot} tells whether it comes up.
     *
     * @param spec the specification of the sandbox container
     * @throws RuntimeFailure if the VM cannot even be started; nothing is left then
     */
    public void boot(OciSpec spec) {
        advance(new BootRequested());
        if (!spec.selinuxLabel().isEmpty()) {
            // It is made for a process in a container, and would keep QEMU from its files.
            LOG.warn(
                    "QEMU and virtiofsd run without the sandbox's SELinux label",
                    "label",
                    spec.selinuxLabel());
        }
        Guest guest;
        try {
            LaunchedGuest made = launch.launch(spec, NetworkPlace.of(spec, launch.config()));
            guest = made.guest();
            launched.complete(Optional.of(made));
        } catch (RuntimeFailure e) {
            booted.failed(e);
            bootEnded.complete(null);
            requestStop(new StopCause.BootFailed(e.getMessage()));
            throw e;
        } finally {
            launched.complete(Optional.empty());
        }
        // From now on: a guest that hangs while it boots is as lost as one that hangs later.
        lookAfter(guest);
        SandboxSetup setup = SetupPlan.of(identity(), launch.config(), spec);
        Thread.ofVirtual().name("boot").start(() -> connect(guest, setup));
    }

    private void lookAfter(Guest guest) {
        var _ = guest.lost().thenAccept(this::requestStop);
        GuestHealth health =
                new GuestHealth(
                        guest.pid(),
                        guest::agent,
                        guest::look,
                        launch.config().agent().timeouts().healthCheck(),
                        stopped);
        Thread.ofVirtual()
                .name("health")
                .start(
                        () ->
                                SupervisedLoop.run(
                                        LOG,
                                        "a guest that hangs is not noticed",
                                        () -> {
                                            judge(guest, guest.withLastWords(health.watch()));
                                            return false;
                                        }));
    }

    private void judge(Guest guest, StopCause cause) {
        if (!(cause instanceof StopCause.AgentLost lost && guest.staysWithout(lost))) {
            requestStop(cause);
        }
    }

    /**
     * Goes on with a sandbox that runs, and whose guest another daemon holds. Nothing happens to it
     * before {@link #goOn}.
     */
    public void standing(JsonObject held, OciSpec spec) {
        LaunchedGuest guest = launch.goOn(NetworkPlace.of(spec, launch.config()), held);
        advance(new BootRequested());
        launched.complete(Optional.of(guest));
        advance(new BootSucceeded());
    }

    /**
     * Begins to look after the guest; the daemon before has ended.
     *
     * @param agent connected, and knows the sandbox
     */
    public void goOn(Agent agent, GuestDetails details) {
        Guest guest = launched().orElseThrow();
        guest.goOn(agent, details);
        booted.up();
        bootEnded.complete(null);
        new OutOfMemoryWatch(agent, tasks).start();
        lookAfter(guest);
        LOG.info("another daemon's sandbox goes on");
    }

    /**
     * Holds the guest for another daemon until {@link #release}.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION, and nothing has changed, with what keeps it from
     *     being handed over
     */
    public JsonObject hold() {
        return runningGuest().hold();
    }

    /**
     * Describes the guest as {@link #hold} does, and holds nothing. Does not block.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION with what keeps another daemon from going on
     */
    public JsonObject describe() {
        return runningGuest().describe();
    }

    /**
     * Has this run when what {@link #describe} tells may have changed without a call of a client.
     * The guest has been launched. It must not block.
     */
    public void whenChanged(Runnable told) {
        launched().ifPresent(guest -> guest.whenChanged(told));
    }

    /**
     * Says whether another daemon can go on with it at all, now or later. Does not block.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION if it cannot, with why
     */
    public void checkHandover() {
        runningGuest().checkHandover();
    }

    private Guest runningGuest() {
        if (!(state() instanceof SandboxState.Running)) {
            throw RuntimeFailure.failedPrecondition("the sandbox is " + stateWord());
        }
        return launched().orElseThrow();
    }

    /** Goes on after {@link #hold}. */
    public void goOnHere() {
        launched().ifPresent(Guest::release);
    }

    /** True while the sandbox has a guest, or can still get one. */
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
        Duration limit = launch.config().agent().timeouts().dial().plus(limits().boot());
        booted.await(GuestTime.of(vmmPid()).await(limit), () -> overdue(limit));
    }

    private RuntimeFailure overdue(Duration limit) {
        RuntimeFailure failure =
                RuntimeFailure.deadlineExceeded("it is not up after " + limit, null);
        return launched().map(guest -> guest.overdue(failure)).orElse(failure);
    }

    /**
     * Says why something cannot be done with a sandbox that is not live: by the failure of its
     * boot, for which it waits for a moment, or by the cause of its stop.
     *
     * @param doing such as {@code create container c1}
     */
    public RuntimeFailure whyNot(String doing) {
        return reasons.whyNot(doing);
    }

    /**
     * Adds to the failure of a call to the guest why the guest is gone, if it is: the call itself
     * can only tell that its connection ended. Waits for a moment where the connection ended, since
     * the cause is found a little later.
     *
     * @return what to throw instead; {@code failure} where there is no better word
     */
    public RuntimeException explained(RuntimeException failure) {
        return reasons.explained(failure);
    }

    /** Asks for the stop of the sandbox and returns at once; the first cause counts. */
    public void requestStop(StopCause cause) {
        tasks.locked(
                () -> {
                    SandboxState before = state;
                    state = SandboxTransitions.next(before, new StopRequested(cause));
                    if (!state.equals(before)) {
                        LOG.info("sandbox stops", "cause", cause.describe());
                        reasons.stops(cause);
                        Thread.ofVirtual().name("stop").start(() -> runStop(cause, before));
                    }
                });
    }

    /**
     * Stops the sandbox: when this returns, no process of it is left on the host, and all exits are
     * public.
     *
     * @throws RuntimeFailure DEADLINE_EXCEEDED if the kernel does not let go of a process
     */
    public void stop() {
        requestStop(new StopCause.Requested());
        stop.hurry();
        awaitStopped();
    }

    /** Waits until a stop that was requested has ended. */
    public void awaitStopped() {
        switch (Waited.on(stopped, limits().stop())) {
            case Waited.Done(var _) -> {}
            case Waited.TimedOut(), Waited.Failed(var _) ->
                    throw RuntimeFailure.deadlineExceeded(
                            "sandbox "
                                    + identity().id()
                                    + " did not stop within "
                                    + limits().stop()
                                    + ": QEMU "
                                    + vmmPid()
                                    + " or virtiofsd cannot be reaped",
                            null);
            case Waited.Interrupted() ->
                    throw RuntimeFailure.unavailable(
                            "interrupted while sandbox " + identity().id() + " stops", null);
        }
    }

    /** Returns when the steps of its stop were over; empty until the VM is gone. */
    public Optional<StopTimes> stopTimes() {
        return stop.times();
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
        made().ifPresent(guest -> guest.stop().release());
    }

    /** Stops the sandbox and gives back everything that it holds, whatever its state. */
    @Override
    public void close() {
        stop();
        release();
    }

    public SandboxIdentity identity() {
        return launch.identity();
    }

    /** Returns the guest's console; empty before the VM is started. */
    public Optional<GuestConsole> console() {
        return launched().map(Guest::console);
    }

    /** Returns where the guest's agent is reached; empty before the VM is started. */
    public Optional<AgentEndpoint> agentEndpoint() {
        return launched().map(Guest::agentEndpoint);
    }

    /** Returns the version of the agent as it tells it; empty before the guest is up. */
    public PlainText agentVersion() {
        return launched()
                .flatMap(Guest::knownDetails)
                .map(GuestDetails::version)
                .orElse(PlainText.EMPTY);
    }

    /**
     * Returns the cause for which the sandbox stops or has stopped; empty while it does not stop.
     * Never waits.
     */
    public Optional<StopCause> stopCause() {
        return reasons.cause();
    }

    /** Returns the VMM's process; 0 before the VM is started. */
    public int vmmPid() {
        return launched().map(Guest::pid).orElse(0);
    }

    /** Says in one word where the sandbox is in its life. */
    public String stateWord() {
        return switch (state()) {
            case SandboxState.New(), SandboxState.Booting() -> "booting";
            case SandboxState.Running() -> "running";
            case SandboxState.Stopping _ -> "stopping";
            case SandboxState.Stopped _ -> "stopped";
        };
    }

    /** Returns how long the phases of the start took. */
    public StartClock clock() {
        return launch.clock();
    }

    SandboxState state() {
        return tasks.locked(() -> state);
    }

    public SandboxLimits limits() {
        return launch.limits();
    }

    /**
     * Returns the guest, for those who work on its containers.
     *
     * @throws IllegalStateException if it was not launched
     */
    public TaskGuest guest() {
        return launched()
                .orElseThrow(() -> new IllegalStateException("the guest has not been launched"));
    }

    private Optional<Guest> launched() {
        return made().map(LaunchedGuest::guest);
    }

    private Optional<LaunchedGuest> made() {
        return launched.getNow(Optional.empty());
    }

    public TaskTable tasks() {
        return tasks;
    }

    public Exits exits() {
        return exits;
    }

    private void connect(Guest guest, SandboxSetup setup) {
        try {
            guest.connect(setup);
            advance(new BootSucceeded());
            if (state() instanceof SandboxState.Running) {
                new OutOfMemoryWatch(guest.requireAgent(), tasks).start();
                LOG.info("sandbox is up", clock().fields());
                booted.up();
            } else {
                booted.failed(reasons.stoppedMeanwhile(null));
            }
        } catch (RuntimeException e) {
            booted.failed(
                    guest.endedOnRequest() ? reasons.stoppedMeanwhile(e) : reasons.givenUp(e));
            requestStop(new StopCause.BootFailed(String.valueOf(e.getMessage())));
        } catch (Error e) {
            booted.failed(RuntimeFailure.internal("the boot was ended by a fault: " + e, e));
            requestStop(new StopCause.BootFailed(e.toString()));
        } finally {
            bootEnded.complete(null);
        }
    }

    private void runStop(StopCause cause, SandboxState before) {
        // A VM that is just being started must not slip away: its start is awaited, then it is
        // ended. The start has no wait of its own that could last.
        Optional<LaunchedGuest> guest =
                before instanceof SandboxState.New ? Optional.empty() : launched.join();
        guest.ifPresent(running -> end(running, cause));
        if (!(cause instanceof StopCause.Requested)) {
            // The thread that connects knows best why there is no guest: with its console. It fails
            // now that the VM is gone.
            var _ = Waited.on(bootEnded, StopReasons.BOOT_FAILURE_LIMIT);
        }
        booted.failed(reasons.stoppedMeanwhile(null));
        advance(new StopFinished());
        try {
            stop.publish(cause);
        } finally {
            stopped.complete(cause);
        }
    }

    private void end(LaunchedGuest guest, StopCause cause) {
        try {
            stop.endGuest(guest, cause);
        } catch (RuntimeException | Error e) {
            LOG.error("stop failed; the VM is killed", "error", e);
            // Until it is gone: nobody may see an end before, and callers have limits of their own.
            SupervisedLoop.run(
                    LOG,
                    "the VM is not gone",
                    () -> {
                        guest.stop().stop(false);
                        return false;
                    });
        }
    }

    private void advance(SandboxEvent event) {
        tasks.locked(
                () -> {
                    state = SandboxTransitions.next(state, event);
                });
    }
}
