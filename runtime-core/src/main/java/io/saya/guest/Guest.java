package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.agent.AgentConnector;
import io.saya.agent.AgentTrait;
import io.saya.agent.GuestDetails;
import io.saya.agent.Patience;
import io.saya.agent.SandboxSetup;
import io.saya.cgroup.PodLimits;
import io.saya.config.RuntimeConfig;
import io.saya.config.RuntimeSettings.EmptyDirMode;
import io.saya.config.SharedFsConfig.RootfsUpper;
import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.hypervisor.GuestConsole;
import io.saya.hypervisor.Hypervisor;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.lifecycle.UndoStack;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import io.saya.resources.BootSize;
import io.saya.resources.MachineFollower;
import io.saya.resources.MachineSize;
import io.saya.resources.Sizing;
import io.saya.resources.SizingRule;
import io.saya.share.HostMounts;
import io.saya.share.SharedDirectory;
import io.saya.share.Virtiofsd;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Everything outside of this process that a sandbox consists of: run directory, shared directory,
 * virtiofsd, the VM, the connection to its agent. Comes up as a transaction, goes down totally.
 * Thread safe once launched.
 */
public final class Guest implements TaskGuest {

    private static final Log LOG = Log.of("guest");

    /**
     * What QEMU gets to quit by itself once the guest has written its files back; after that it is
     * killed.
     */
    private static final Duration QUIT_GRACE = Duration.ofMillis(500);

    /** How long virtiofsd gets to leave by itself once QEMU has hung up; it needs some 10 ms. */
    private static final Duration LEAVE_LIMIT = Duration.ofMillis(500);

    /** From what a VMM's end does to others until it is reaped itself. */
    private static final long VM_EXIT_MS = 500;

    private final SandboxIdentity identity;
    private final RuntimeConfig config;
    private final Host host;
    private final Hypervisor hypervisor;
    private final AgentConnector connector;
    private final SandboxCgroup cgroup;
    private final StartClock clock;
    private final SandboxLimits limits;
    private final UndoStack resources = new UndoStack();
    private final CompletableFuture<StopCause> lost = new CompletableFuture<>();

    private volatile @Nullable SandboxNetwork network;
    private volatile @Nullable Vm vm;
    private volatile @Nullable MachineFollower machine;
    private volatile @Nullable HostProcess virtiofsd;
    private volatile @Nullable SharedDirectory shared;
    private volatile @Nullable Agent agent;
    private volatile @Nullable GuestDetails details;

    public Guest(
            SandboxIdentity identity,
            RuntimeConfig config,
            Host host,
            Hypervisor hypervisor,
            AgentConnector connector,
            SandboxCgroup cgroup,
            StartClock clock,
            SandboxLimits limits) {
        this.identity = identity;
        this.config = config;
        this.host = host;
        this.hypervisor = hypervisor;
        this.connector = connector;
        this.cgroup = cgroup;
        this.clock = clock;
        this.limits = limits;
    }

    /**
     * Starts virtiofsd and the VM; returns while the guest boots. On failure nothing is left.
     *
     * @param spec of the sandbox container, which sizes the machine
     * @param place where the VMM runs and whose interfaces the guest gets
     * @throws RuntimeFailure that names the phase and the cause
     */
    public void launch(OciSpec spec, NetworkPlace place) {
        StartPhase phase = StartPhase.SHARE;
        try {
            RunDirectory.create(identity.runDirectory());
            resources.push(
                    "run directory",
                    () -> RunDirectory.remove(identity.runDirectory(), resources.failed()));

            resources.push("cgroup", cgroup::release);

            SharedDirectory directory =
                    SharedDirectory.create(identity.runDirectory(), new HostMounts(host));
            resources.push("shared directory", () -> directory.release(Guest::problem));
            shared = directory;
            Path socket = identity.runDirectory().resolve("virtiofs.sock");
            cgroup.awaitPlaced(config.runtime().sandboxCgroupOnly());
            HostProcess daemon =
                    Virtiofsd.start(
                            host,
                            config.hypervisor().sharedFs().daemon(),
                            socket,
                            directory.exported(),
                            config.hypervisor().sharedFs().cache(),
                            config.hypervisor().sharedFs().extraArguments());
            resources.push("virtiofsd", () -> Reaping.kill(daemon, limits.reap()));
            virtiofsd = daemon;
            clock.done(phase);

            phase = StartPhase.NETWORK;
            SandboxNetwork pod =
                    SandboxNetwork.prepare(host, place.pod(), identity, config, cgroup, resources);
            network = pod;
            clock.done(phase);

            phase = StartPhase.QEMU_SPAWN;
            Failpoints.reach(Moment.START_SPAWN);
            SizingRule rule =
                    SizingRule.of(
                            config.hypervisor(),
                            config.runtime().staticSandboxResourceManagement());
            MachineSize size = bootSize(rule, spec);
            Vm started = hypervisor.start(VmPlan.of(identity, config, size, socket, place, pod));
            resources.push("VM", () -> started.stop(Duration.ZERO));
            vm = started;
            machine = new MachineFollower(rule, size, started, this::requireAgent);
            clock.done(phase);
            cgroup.started();
            var _ = started.vmmReady().thenRun(() -> clock.done(StartPhase.QMP));
            var _ = started.channelOpen().thenRun(() -> clock.done(StartPhase.KERNEL));
            pod.join();
            pod.follow(place, started, this::requireAgent, resources);
            var _ =
                    started.exited()
                            .thenAccept(
                                    exit ->
                                            lost.complete(
                                                    BootDiagnosis.cause(started, exit, cgroup)));
            var _ =
                    daemon.exited()
                            .thenAccept(
                                    exit ->
                                            lostUnlessVmEnded(
                                                    started,
                                                    BootDiagnosis.cause(daemon, exit, cgroup)));
        } catch (IOException | HypervisorFailure | RuntimeException e) {
            // Before anything is ended: what has ended by itself is the cause.
            RuntimeFailure failure = diagnosis().ofLaunch(phase, e);
            resources.unwind(failure);
            throw failure;
        }
    }

    private MachineSize bootSize(SizingRule rule, OciSpec spec) {
        PodLimits pod = cgroup.podLimits();
        Sizing sizing = BootSize.of(rule, spec, pod);
        BootSize.tooLarge(sizing.size(), pod)
                .ifPresent(why -> LOG.warn("the VM may be killed for want of memory", "why", why));
        sizing.clipped().forEach(why -> LOG.warn("less than was asked for", "why", why));
        return sizing.size();
    }

    /**
     * Waits for the agent and makes the sandbox in the guest. To be called once, after {@link
     * #launch}.
     *
     * @throws RuntimeFailure with the tail of the guest's console if the agent did not come up
     */
    public void connect(SandboxSetup setup) {
        Vm machine = launched(vm);
        @Nullable StartPhase answered = null;
        try {
            Failpoints.reach(Moment.CREATE_CONNECT);
            Agent connected =
                    connector.connect(
                            machine.agent(), time().await(config.agent().timeouts().dial()));
            agent = connected;
            var _ =
                    connected
                            .lost()
                            .thenAccept(
                                    why ->
                                            lostUnlessVmEnded(
                                                    machine, new StopCause.AgentLost(why)));
            clock.done(StartPhase.KERNEL);
            clock.done(StartPhase.AGENT);
            answered = StartPhase.NETWORK;
            connected.configureNetwork(launched(network).awaitJoined());
            answered = StartPhase.SANDBOX;
            Failpoints.reach(Moment.CREATE_SANDBOX);
            connected.createSandbox(setup);
            GuestDetails agentDetails = connected.details();
            details = agentDetails;
            if (agentDetails.has(AgentTrait.CONNECTS_PORTS)) {
                launched(network).forwardPorts(connected::connectPort);
            }
            clock.done(StartPhase.SANDBOX);
        } catch (RuntimeFailure e) {
            throw diagnosis()
                    .ofConnect(
                            machine,
                            answered != null ? answered : BootDiagnosis.unreached(machine),
                            e);
        }
    }

    /** Says of a boot that takes too long what is known of it; waits for a moment. */
    public RuntimeFailure overdue(RuntimeFailure failure) {
        Vm machine = vm;
        return machine == null ? failure : diagnosis().ofConnect(machine, clock.current(), failure);
    }

    @Override
    public MachineFollower machine() {
        return launched(machine);
    }

    /** Whether the VM has ended because {@link #stop} ended it. */
    public boolean endedOnRequest() {
        Vm machine = vm;
        return machine != null && machine.exited().isDone() && machine.exited().join().requested();
    }

    /**
     * A VMM that ends hangs up on agent and virtiofsd some milliseconds before it is reaped, and
     * knows better why: it gets that moment to be the cause.
     */
    private void lostUnlessVmEnded(Vm machine, StopCause cause) {
        var _ =
                machine.exited()
                        .thenApply(_ -> true)
                        .completeOnTimeout(false, VM_EXIT_MS, TimeUnit.MILLISECONDS)
                        .thenAccept(
                                ended -> {
                                    if (!ended) {
                                        lost.complete(cause);
                                    }
                                });
    }

    /**
     * Completes with the cause when the VM, virtiofsd or the connection to the agent is gone, be it
     * on request or not.
     */
    public CompletableFuture<StopCause> lost() {
        return lost;
    }

    /** The process that stands for the sandbox on the host; 0 before {@link #launch}. */
    public int pid() {
        Vm machine = vm;
        return machine == null ? 0 : (int) machine.pid();
    }

    /** Time as the guest can use it; the clock's before {@link #launch}. */
    public GuestTime time() {
        return GuestTime.of(pid());
    }

    /** The console of the guest; empty before {@link #launch}. */
    public Optional<GuestConsole> console() {
        Vm machine = vm;
        return machine == null ? Optional.empty() : Optional.of(machine.console());
    }

    /** What the agent said of itself; empty before the guest is up. */
    public Optional<GuestDetails> knownDetails() {
        return Optional.ofNullable(details);
    }

    @Override
    public Optional<Agent> agent() {
        return Optional.ofNullable(agent);
    }

    @Override
    public Agent requireAgent() {
        Agent connected = agent;
        if (connected == null) {
            throw RuntimeFailure.unavailable(
                    "sandbox " + identity.id() + ": the agent is not connected", null);
        }
        return connected;
    }

    @Override
    public GuestDetails details() {
        return launched(details);
    }

    @Override
    public SharedDirectory shared() {
        return launched(shared);
    }

    @Override
    public RootfsUpper rootfsUpper() {
        return config.hypervisor().sharedFs().rootfsUpper();
    }

    @Override
    public EmptyDirMode emptyDirMode() {
        return config.runtime().emptyDirMode();
    }

    @Override
    public Host host() {
        return host;
    }

    @Override
    public Patience await(Duration limit) {
        return time().await(limit);
    }

    @Override
    public void beforeStart(String containerId) {
        launched(network).beforeStart(containerId);
    }

    @Override
    public void afterStart(String containerId) {
        launched(network).afterStart(containerId);
    }

    /**
     * Ends agent connection, VM, port-forward and virtiofsd, in this order; returns when VM and
     * virtiofsd are reaped, however long the kernel takes for that. Total; may be called again.
     * Only the thread that stops the sandbox calls it ({@code SandboxStop.endGuest}, and {@code
     * Sandbox.runStop} where that fails): everybody else asks for a stop ({@code
     * Sandbox.requestStop}) and waits for it.
     *
     * @param graceful let QEMU quit by itself; else it is killed
     */
    public void stop(boolean graceful) {
        Agent connected = agent;
        if (connected != null) {
            connected.close();
        }
        Vm machine = vm;
        if (machine != null) {
            machine.stop(graceful ? QUIT_GRACE : Duration.ZERO);
        }
        SandboxNetwork pod = network;
        if (pod != null) {
            pod.endProcesses();
        }
        HostProcess daemon = virtiofsd;
        if (daemon != null) {
            // It ends by itself when QEMU is gone, and takes its own child with it. Killed, it
            // would leave the child to be found for some milliseconds.
            if (!Reaping.awaitExit(daemon, LEAVE_LIMIT)) {
                Reaping.killAndAwait(daemon, limits.reap());
            }
        }
    }

    /**
     * Gives back everything on the host. To be called once, after {@link #stop} and the containers'
     * release.
     */
    public void release() {
        resources.unwind((what, cause) -> LOG.warn("cannot undo", "what", what, "error", cause));
    }

    private BootDiagnosis diagnosis() {
        return new BootDiagnosis(identity, config, clock.millis(), virtiofsd, cgroup);
    }

    private static void problem(Exception cause) {
        LOG.warn("cannot undo", "what", "share", "error", cause);
    }

    private static <T> T launched(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("the guest has not been launched");
        }
        return part;
    }
}
