package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.agent.AgentTrait;
import io.saya.agent.ChannelSigns;
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
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmDevice;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.lifecycle.Patience;
import io.saya.network.sockets.HostSockets;
import io.saya.oci.OciSpec;
import io.saya.resources.BootSize;
import io.saya.resources.GuestSwap;
import io.saya.resources.MachineFollower;
import io.saya.resources.OomScore;
import io.saya.share.KubeletVolume;
import io.saya.share.SharedDirectory;
import io.saya.text.PlainText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A guest that was launched: its VM boots, runs or has ended. {@link GuestStop} ends it. Thread
 * safe.
 */
public final class Guest implements TaskGuest {

    /** The guard cuts a title further, to the room of its own arguments. */
    private static final int TITLE_LENGTH = 256;

    private final GuestLaunch made;
    private final Parts parts;
    private final AgentLink link;
    private final ClockFollower clock = new ClockFollower();
    private final PageCacheFollower pageCache;
    private final VolumeFollower volumes = new VolumeFollower();
    private final GuestLoss loss;
    private final Optional<VsockCarrier> carrier;

    /** What the launch made. */
    record Parts(
            Vm vm,
            Resources resources,
            Files files,
            SandboxNetwork network,
            Path networkNamespace,
            Daemons daemons) {}

    /** What follows what the containers may use. */
    record Resources(MachineFollower machine, GuestSwap swap, OomScore oomScore) {}

    /** What the guest sees of the host's files, and can connect to of its sockets. */
    record Files(SharedDirectory shared, HostSockets sockets) {}

    /** What serves the VM beside the VMM; the second only where the agent is reached by it. */
    record Daemons(HostProcess virtiofsd, Optional<HostProcess> vsock) {}

    Guest(GuestLaunch made, Parts parts, AgentLink link) {
        this.made = made;
        this.parts = parts;
        this.link = link;
        this.carrier = parts.daemons().vsock().map(VsockCarrier::new);
        this.loss =
                new GuestLoss(
                        parts.vm(),
                        parts.daemons(),
                        made.cgroup(),
                        made.config().runtime().daemon().keepAbnormal());
        made.cgroup().holds(parts.resources().machine()::size);
        this.pageCache = new PageCacheFollower(made.cgroup()::podMemory, this::outgrowsPod);
    }

    /** Begins to notice the ends of VM and daemons. */
    void watch() {
        loss.watch();
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
        AtomicBoolean taken = new AtomicBoolean();
        try {
            Failpoints.reach(Moment.CREATE_CONNECT);
            Patience patience =
                    whileThereIsHope(
                            GuestTime.of(pid()).await(made.config().agent().timeouts().dial()));
            if (!carrier.map(daemon -> daemon.awaitQueues(patience)).orElse(true)) {
                throw RuntimeFailure.unavailable(
                        "its kernel has not taken its vsock device within dial_timeout", null);
            }
            Agent connected =
                    made.connector()
                            .connect(
                                    vm.agent(),
                                    new ChannelSigns(
                                            vm.channelClosed(),
                                            () -> {
                                                taken.set(true);
                                                phases.done(StartPhase.KERNEL);
                                            }),
                                    patience);
            if (vm.restored()) {
                RestoredGuest.makeItsOwn(connected);
            }
            link.connected(connected);
            clock.tell(connected);
            var _ = connected.lost().thenAccept(loss::agentLost);
            phases.done(StartPhase.KERNEL);
            phases.done(StartPhase.AGENT);
            if (!setup.policy().isEmpty()) {
                answered = StartPhase.SANDBOX;
                connected.setPolicy(setup.policy());
            }
            answered = StartPhase.NETWORK;
            connected.configureNetwork(parts.network().awaitJoined());
            answered = StartPhase.SANDBOX;
            Failpoints.reach(Moment.CREATE_SANDBOX);
            connected.createSandbox(setup);
            GuestDetails details = connected.details();
            link.up(
                    made.config().runtime().containers().disableGuestSeccomp()
                            ? details.withoutSeccomp()
                            : details);
            if (details.has(AgentTrait.CONNECTS_PORTS)) {
                parts.network().forwardPorts(connected::connectPort);
            }
            phases.done(StartPhase.SANDBOX);
        } catch (RuntimeFailure e) {
            throw diagnosis()
                    .ofConnect(
                            vm,
                            answered != null ? answered : BootDiagnosis.unreached(vm, taken.get()),
                            e);
        }
    }

    /**
     * A limit that is over as soon as the agent will never answer: the console shows that it waits
     * elsewhere; or there is no VM any more, or nothing that carries its vsock, which at a serial
     * port the end of the connection shows.
     */
    private Patience whileThereIsHope(Patience limit) {
        Vm vm = parts.vm();
        return vm.agent() instanceof AgentEndpoint.SerialPort
                ? () -> limit.exhausted() || BootFailure.kataAgentListens(vm.consoleTail())
                : () ->
                        limit.exhausted()
                                || vm.exited().isDone()
                                || carrier.map(VsockCarrier::hasEnded).orElse(false);
    }

    /**
     * Tells the guest what has changed on the host: the time, volumes; and has it give up page
     * cache if its pod is short of memory. Gives it what its machine could not get before. To be
     * called every few seconds; does not wait for the guest.
     */
    public void look(Agent agent) {
        clock.look(agent, has(AgentTrait.SLEWS_CLOCK));
        volumes.look(agent);
        parts.files().sockets().look();
        parts.resources().machine().look();
        if (has(AgentTrait.GIVES_UP_PAGE_CACHE)
                && VmPlan.givesFreedBack(made.config().hypervisor().memory())) {
            var _ = pageCache.look(agent);
        }
    }

    @Override
    public boolean has(AgentTrait trait) {
        return link.details().map(known -> known.has(trait)).orElse(false);
    }

    private boolean outgrowsPod() {
        return BootSize.tooLarge(parts.resources().machine().size(), podLimits()).isPresent();
    }

    /**
     * Says whether another daemon can go on with it at all, now or later. Does not block.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION if it cannot, with why
     */
    public void checkHandover() {
        if (parts.files().sockets().inUse()) {
            throw refusal("sockets of the host are forwarded to it");
        }
        if (!details().has(AgentTrait.STARTS_FROM_TEMPLATE)) {
            throw refusal("its guest is not the default one");
        }
        if (parts.daemons().vsock().isPresent()) {
            throw refusal("its agent is reached by a daemon (hybrid vsock)");
        }
    }

    /**
     * Describes it for another daemon, and changes nothing of it until {@link #release}. Blocks for
     * a moment.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION, and nothing has changed, with what keeps it from
     *     being handed over
     */
    public JsonObject hold() {
        return describe(parts.network()::hold);
    }

    /**
     * Describes it as {@link #hold} does, and holds nothing. Does not block.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION with what keeps another daemon from going on with
     *     it
     */
    public JsonObject describe() {
        return describe(() -> parts.network().isBusy() ? null : parts.network().describe());
    }

    /** Has this run when what {@link #describe} tells may have changed; it must not block. */
    public void whenChanged(Runnable told) {
        parts.resources().machine().whenChanged(told);
        parts.network().whenChanged(told);
    }

    private JsonObject describe(Supplier<@Nullable JsonObject> ofNetwork) {
        checkHandover();
        GuestDetails known = details();
        JsonObject vm;
        try {
            vm = parts.vm().held();
        } catch (HypervisorFailure e) {
            throw refusal(e.getMessage());
        }
        JsonObject machine = parts.resources().machine().held();
        JsonObject network = machine == null ? null : ofNetwork.get();
        if (machine == null || network == null) {
            throw refusal("its machine or its network is being changed just now; try again");
        }
        JsonObject.Builder scores = JsonObject.builder();
        parts.resources().oomScore().scores().forEach(scores::put);
        return JsonObject.builder()
                .put("agent", known.version().toString())
                .put("seccomp", known.abilities().seccomp())
                .put("virtiofsd", process(parts.daemons().virtiofsd()))
                .put("vm", vm)
                .put("machine", machine)
                .put("swap", parts.resources().swap().held())
                .put("network", network)
                .put("oom_scores", scores.build())
                .put("shares", JsonArray.ofStrings(parts.files().shared().names()))
                .build();
    }

    private static RuntimeFailure refusal(@Nullable String why) {
        return RuntimeFailure.failedPrecondition(String.valueOf(why));
    }

    private static JsonObject process(HostProcess process) {
        return JsonObject.builder()
                .put("handle", process.handle())
                .put("pid", process.pid())
                .build();
    }

    /** Goes on after {@link #hold}. */
    public void release() {
        parts.network().release();
    }

    /** Goes on with an agent that another daemon has connected to. */
    public void goOn(Agent connected, GuestDetails known) {
        link.connected(connected);
        var _ = connected.lost().thenAccept(loss::agentLost);
        link.up(known);
        clock.tell(connected);
        if (known.has(AgentTrait.CONNECTS_PORTS)) {
            parts.network().forwardPorts(connected::connectPort);
        }
        parts.network().goOn();
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
     * True if the VM stays although its agent is lost, which is told here ({@link
     * GuestLoss#staysWithout}). Does not block.
     */
    public boolean staysWithout(StopCause.AgentLost agent) {
        return loss.staysWithout(agent);
    }

    /**
     * Adds to the loss of an agent that was found by asking it what the guest has printed last.
     * Does not block.
     */
    public StopCause withLastWords(StopCause cause) {
        return loss.withLastWords(cause);
    }

    /**
     * Completes with the cause when the VM, virtiofsd or the connection to the agent is gone, be it
     * on request or not.
     */
    public CompletableFuture<StopCause> lost() {
        return loss.cause();
    }

    /** Returns the VMM's process. */
    public int pid() {
        return (int) parts.vm().pid();
    }

    /** Returns the guest's console. */
    public GuestConsole console() {
        return parts.vm().console();
    }

    /** Returns where the agent is reached. */
    public AgentEndpoint agentEndpoint() {
        return parts.vm().agent();
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
        return parts.resources().oomScore();
    }

    @Override
    public PodLimits podLimits() {
        return made.cgroup().podLimits();
    }

    @Override
    public MachineFollower machine() {
        return parts.resources().machine();
    }

    @Override
    public OciSpec limited(OciSpec spec) {
        JsonObject told = spec.resources();
        JsonObject limits = limited(parts.resources().swap().limits(spec));
        return limits.equals(told) ? spec : spec.withResources(limits);
    }

    @Override
    public JsonObject limited(JsonObject resources) {
        return made.config().hypervisor().memory().source().numa().enabled()
                ? HostNodes.leftOutOf(resources)
                : resources;
    }

    @Override
    public GuestSwap swap() {
        return parts.resources().swap();
    }

    @Override
    public SharedDirectory shared() {
        return parts.files().shared();
    }

    @Override
    public boolean takesDisks() {
        return parts.vm().takesDisks();
    }

    @Override
    public String plug(VmDevice.Block disk) throws HypervisorFailure {
        return parts.vm().plug(disk);
    }

    @Override
    public void unplug(VmDevice.Block disk) throws HypervisorFailure {
        parts.vm().unplug(disk);
    }

    @Override
    public RootfsUpper rootfsUpper() {
        return made.config().hypervisor().sharedFs().rootfsUpper();
    }

    @Override
    public EmptyDirMode emptyDirMode() {
        return made.config().runtime().containers().emptyDirMode();
    }

    @Override
    public void follow(String mountPoint, KubeletVolume.Told told) {
        volumes.follow(mountPoint, told);
    }

    @Override
    public Optional<KubeletVolume.Told> followed(String mountPoint) {
        return volumes.followed(mountPoint);
    }

    @Override
    public void unfollow(String mountPoint) {
        volumes.unfollow(mountPoint);
    }

    @Override
    public HostSockets sockets() {
        return parts.files().sockets();
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
    public Patience await(Duration limit, int clockFactor) {
        return GuestTime.of(pid()).await(limit, clockFactor);
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
        return made.diagnosis(parts.daemons().virtiofsd(), carrier.orElse(null));
    }
}
