package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.agent.AgentTrait;
import io.saya.agent.GuestDetails;
import io.saya.agent.SandboxSetup;
import io.saya.cgroup.PodLimits;
import io.saya.config.RuntimeSettings.EmptyDirMode;
import io.saya.config.SharedFsConfig.RootfsUpper;
import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.StandInSpec;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.GuestConsole;
import io.saya.hypervisor.Vm;
import io.saya.lifecycle.Patience;
import io.saya.resources.MachineFollower;
import io.saya.resources.OomScore;
import io.saya.share.SharedDirectory;
import io.saya.text.PlainText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A guest that was launched: its VM boots, runs or has ended. {@link GuestStop} ends it. Thread
 * safe.
 */
public final class Guest implements TaskGuest {

    /** The guard cuts a title further, to the room of its own arguments. */
    private static final int TITLE_LENGTH = 256;

    /** How long a VMM that ended may take to be reaped after others have noticed its end. */
    private static final Duration VM_EXIT = Duration.ofMillis(500);

    private final GuestLaunch made;
    private final Parts parts;
    private final AgentLink link;
    private final ClockFollower clock = new ClockFollower();
    private final CompletableFuture<StopCause> lost = new CompletableFuture<>();

    /** What the launch made. */
    record Parts(
            Vm vm,
            MachineFollower machine,
            OomScore oomScore,
            SharedDirectory shared,
            SandboxNetwork network,
            Path networkNamespace,
            Daemons daemons) {}

    /** What serves the VM beside the VMM; the second only where the agent is reached by it. */
    record Daemons(HostProcess virtiofsd, Optional<HostProcess> vsock) {}

    Guest(GuestLaunch made, Parts parts, AgentLink link) {
        this.made = made;
        this.parts = parts;
        this.link = link;
    }

    /** Begins to notice the ends of VM and daemons. */
    void watch() {
        Vm vm = parts.vm();
        HostProcess virtiofsd = parts.daemons().virtiofsd();
        parts.daemons().vsock().ifPresent(this::watchVsock);
        var _ =
                vm.exited()
                        .thenAccept(
                                exit ->
                                        lost.complete(
                                                BootDiagnosis.cause(vm, exit, made.cgroup())));
        var _ =
                virtiofsd
                        .exited()
                        .thenAccept(
                                exit ->
                                        lostUnlessVmEnded(
                                                BootDiagnosis.cause(
                                                        virtiofsd, exit, made.cgroup())));
    }

    private void watchVsock(HostProcess daemon) {
        var _ =
                daemon.exited()
                        .thenAccept(
                                exit ->
                                        lostUnlessVmEnded(
                                                BootDiagnosis.vsockCause(
                                                        daemon, exit, made.cgroup())));
    }

    /**
     * Waits for the agent and makes the sandbox in the guest. To be called once.
     *
     * @throws RuntimeFailure with the tail of the guest's console if the agent did not come up
     */
    public void connect(SandboxSetup setup) {
        Vm vm = parts.vm();
        StartClock phases = made.clock();
        @Nullable StartPhase answered = null;
        try {
            Failpoints.reach(Moment.CREATE_CONNECT);
            Agent connected =
                    made.connector()
                            .connect(
                                    vm.agent(),
                                    vm.channelClosed(),
                                    whileThereIsHope(
                                            await(made.config().agent().timeouts().dial())));
            if (vm.restored()) {
                RestoredGuest.makeItsOwn(connected);
            }
            link.connected(connected);
            clock.tell(connected);
            var _ = connected.lost().thenAccept(this::agentLost);
            phases.done(StartPhase.KERNEL);
            phases.done(StartPhase.AGENT);
            answered = StartPhase.NETWORK;
            connected.configureNetwork(parts.network().awaitJoined());
            answered = StartPhase.SANDBOX;
            Failpoints.reach(Moment.CREATE_SANDBOX);
            connected.createSandbox(setup);
            GuestDetails details = connected.details();
            link.up(details);
            if (details.has(AgentTrait.CONNECTS_PORTS)) {
                parts.network().forwardPorts(connected::connectPort);
            }
            phases.done(StartPhase.SANDBOX);
        } catch (RuntimeFailure e) {
            throw diagnosis()
                    .ofConnect(vm, answered != null ? answered : BootDiagnosis.unreached(vm), e);
        }
    }

    /**
     * A limit that is over as soon as the console shows that the agent waits elsewhere, and so will
     * never answer.
     */
    private Patience whileThereIsHope(Patience limit) {
        Vm vm = parts.vm();
        return vm.agent() instanceof AgentEndpoint.SerialPort
                ? () -> limit.exhausted() || BootFailure.kataAgentListens(vm.consoleTail())
                : limit;
    }

    /** Sets the guest's clock if it has to be; to be called every few seconds. Does not block. */
    public void followClock(Agent agent) {
        boolean slews =
                link.details().map(known -> known.has(AgentTrait.SLEWS_CLOCK)).orElse(false);
        clock.look(agent, slews);
    }

    /**
     * Adds to the failure of a boot that takes too long what is known of the guest; waits for a
     * moment.
     */
    public RuntimeFailure overdue(RuntimeFailure failure) {
        return diagnosis().ofConnect(parts.vm(), made.clock().current(), failure);
    }

    /** True if the VM has ended because {@link GuestStop#stop} ended it. */
    public boolean endedOnRequest() {
        Vm vm = parts.vm();
        return vm.exited().isDone() && vm.exited().join().requested();
    }

    /**
     * Takes the guest for lost for this cause, unless the VMM turns out to have ended. A VMM that
     * ends hangs up on agent and virtiofsd some milliseconds before it is reaped, and how it ended
     * tells more.
     */
    private void lostUnlessVmEnded(StopCause cause) {
        var _ =
                parts.vm()
                        .exited()
                        .thenApply(_ -> true)
                        .completeOnTimeout(false, VM_EXIT.toMillis(), TimeUnit.MILLISECONDS)
                        .thenAccept(
                                ended -> {
                                    if (!ended) {
                                        lost.complete(cause);
                                    }
                                });
    }

    /** A vsock daemon that ends hangs up on this process first, and is the cause. */
    private void agentLost(String why) {
        parts.daemons()
                .vsock()
                .ifPresentOrElse(
                        daemon -> {
                            var _ =
                                    daemon.exited()
                                            .thenApply(_ -> true)
                                            .completeOnTimeout(
                                                    false,
                                                    VM_EXIT.toMillis(),
                                                    TimeUnit.MILLISECONDS)
                                            .thenAccept(
                                                    ended -> {
                                                        if (!ended) {
                                                            lostUnlessVmEnded(
                                                                    new StopCause.AgentLost(why));
                                                        }
                                                    });
                        },
                        () -> lostUnlessVmEnded(new StopCause.AgentLost(why)));
    }

    /**
     * Completes with the cause when the VM, virtiofsd or the connection to the agent is gone, be it
     * on request or not.
     */
    public CompletableFuture<StopCause> lost() {
        return lost;
    }

    /** The VMM's process. */
    public int pid() {
        return (int) parts.vm().pid();
    }

    /** The guest's console. */
    public GuestConsole console() {
        return parts.vm().console();
    }

    @Override
    public long sharePid() {
        return parts.daemons().virtiofsd().pid();
    }

    /** Returns what the agent said of itself; empty until the guest is up. */
    public Optional<GuestDetails> knownDetails() {
        return link.details();
    }

    @Override
    public Optional<Agent> agent() {
        return link.agent();
    }

    @Override
    public Agent requireAgent() {
        return link.require();
    }

    @Override
    public GuestDetails details() {
        return link.details()
                .orElseThrow(() -> new IllegalStateException("the guest is not up yet"));
    }

    @Override
    public OomScore oomScore() {
        return parts.oomScore();
    }

    @Override
    public PodLimits podLimits() {
        return made.cgroup().podLimits();
    }

    @Override
    public MachineFollower machine() {
        return parts.machine();
    }

    @Override
    public SharedDirectory shared() {
        return parts.shared();
    }

    @Override
    public RootfsUpper rootfsUpper() {
        return made.config().hypervisor().sharedFs().rootfsUpper();
    }

    @Override
    public EmptyDirMode emptyDirMode() {
        return made.config().runtime().emptyDirMode();
    }

    @Override
    public Host host() {
        return made.host();
    }

    @Override
    public HostProcess standIn(String containerId, List<String> program) throws IOException {
        return made.host()
                .standIn(
                        new StandInSpec(
                                "saya-task -namespace "
                                        + made.identity().namespace()
                                        + " -id "
                                        + containerId
                                        + " : "
                                        + PlainText.line(String.join(" ", program), TITLE_LENGTH),
                                parts.networkNamespace(),
                                made.cgroup().directories()));
    }

    @Override
    public Patience await(Duration limit) {
        return GuestTime.of(pid()).await(limit);
    }

    @Override
    public void beforeStart(String containerId) {
        parts.network().beforeStart(containerId);
    }

    @Override
    public void afterStart(String containerId) {
        parts.network().afterStart(containerId);
    }

    private BootDiagnosis diagnosis() {
        return made.diagnosis(parts.daemons().virtiofsd());
    }
}
