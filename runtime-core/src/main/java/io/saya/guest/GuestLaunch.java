package io.saya.guest;

import io.saya.agent.AgentConnector;
import io.saya.cgroup.PodLimits;
import io.saya.config.AgentConfig;
import io.saya.config.RuntimeConfig;
import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.hypervisor.Hypervisor;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VsockDaemonSockets;
import io.saya.json.JsonArray;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.lifecycle.UndoStack;
import io.saya.log.Log;
import io.saya.network.sockets.HostSockets;
import io.saya.oci.OciSpec;
import io.saya.resources.BootSize;
import io.saya.resources.GuestSwap;
import io.saya.resources.MachineFollower;
import io.saya.resources.MachineSize;
import io.saya.resources.OomScore;
import io.saya.resources.Sizing;
import io.saya.resources.SizingRule;
import io.saya.resources.VcpuPinning;
import io.saya.share.GuestModules;
import io.saya.share.HostMounts;
import io.saya.share.SharedDirectory;
import io.saya.share.Virtiofsd;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A guest before its launch: whom it is for, and what it will be made with. The launch makes
 * everything outside of this process that a sandbox consists of, as a transaction: run directory,
 * shared directory, virtiofsd, network and VM.
 */
public final class GuestLaunch {

    private static final Log LOG = Log.of("guest");

    private final SandboxIdentity identity;
    private final RuntimeConfig config;
    private final Host host;
    private final Hypervisor hypervisor;
    private final AgentConnector connector;
    private final SandboxCgroup cgroup;
    private final StartClock clock;
    private final SandboxLimits limits;

    /** A guest with the bounds of normal operation. */
    public GuestLaunch(
            SandboxIdentity identity,
            RuntimeConfig config,
            Host host,
            Hypervisor hypervisor,
            AgentConnector connector,
            SandboxCgroup cgroup,
            StartClock clock) {
        this(identity, config, host, hypervisor, connector, cgroup, clock, SandboxLimits.NORMAL);
    }

    /** A guest with bounds that tests can shorten. */
    public GuestLaunch(
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

    public SandboxIdentity identity() {
        return identity;
    }

    public RuntimeConfig config() {
        return config;
    }

    public StartClock clock() {
        return clock;
    }

    public SandboxLimits limits() {
        return limits;
    }

    /**
     * Starts virtiofsd and the VM; returns while the guest boots. On failure nothing is left. To be
     * called once.
     *
     * @param spec the specification of the sandbox container, which sizes the machine
     * @param place where the VMM runs and whose interfaces the guest gets
     * @throws RuntimeFailure that names the phase and the cause
     */
    public LaunchedGuest launch(OciSpec spec, NetworkPlace place) {
        UndoStack undo = new UndoStack();
        StartPhase phase = StartPhase.SHARE;
        @Nullable HostProcess daemon = null;
        try {
            SharedDirectory shared = share(undo);
            Path socket = identity.runDirectory().resolve("virtiofs.sock");
            HostProcess virtiofsd = serve(shared, socket, undo);
            daemon = virtiofsd;
            Optional<VsockDaemon> vsock = carryVsock(undo);
            clock.done(phase);

            phase = StartPhase.NETWORK;
            SandboxNetwork network =
                    SandboxNetwork.prepare(host, place.pod(), identity, config, cgroup, undo);
            clock.done(phase);

            phase = StartPhase.QEMU_SPAWN;
            Failpoints.reach(Moment.START_SPAWN);
            SizingRule rule =
                    SizingRule.of(
                            config.hypervisor(),
                            config.runtime().staticSandboxResourceManagement());
            MachineSize size = backed(bootSize(rule, spec));
            if (vsock.isPresent()) {
                vsock.get().awaitListening();
            }
            Vm vm = hypervisor.start(VmPlan.of(identity, config, size, socket, place, network));
            undo.push("VM", () -> vm.stop(Duration.ZERO));
            clock.done(phase);
            if (vm.restored()) {
                clock.restored();
            }
            cgroup.started(host, CompletableFuture.anyOf(vm.vmmReady(), vm.exited()));
            var _ = vm.vmmReady().thenRun(() -> clock.done(StartPhase.QMP));
            var _ = vm.channelOpen().thenRun(() -> clock.done(StartPhase.KERNEL));

            AgentLink link = new AgentLink(identity.id());
            GuestModules.share(shared, config.hypervisor().guest().kernel());
            network.join();
            network.follow(place, vm, link::require, undo);
            Guest guest =
                    new Guest(
                            this,
                            new Guest.Parts(
                                    vm,
                                    new Guest.Resources(
                                            new MachineFollower(
                                                    rule, size, vm, link::require, pinning()),
                                            swap(vm, link),
                                            new OomScore(vm.pid())),
                                    new Guest.Files(shared, sockets(link, undo)),
                                    network,
                                    place.ofProcess(vm.pid()),
                                    new Guest.Daemons(virtiofsd, vsock.map(VsockDaemon::process))),
                            link);
            guest.watch();
            return new LaunchedGuest(
                    guest,
                    new GuestStop(
                            link,
                            vm,
                            network,
                            virtiofsd,
                            vsock.map(VsockDaemon::process),
                            limits.reap(),
                            undo));
        } catch (IOException | HypervisorFailure | RuntimeException e) {
            // Before anything is ended: what has ended by itself is the cause.
            RuntimeFailure failure = diagnosis(daemon, null).ofLaunch(phase, e);
            undo.unwind(failure);
            throw failure;
        }
    }

    private SharedDirectory share(UndoStack undo) throws IOException {
        RunDirectory.create(identity.runDirectory());
        undo.push(
                "run directory", () -> RunDirectory.remove(identity.runDirectory(), undo.failed()));
        InitData.write(config.agent().given().initData(), identity.runDirectory());
        undo.push("cgroup", cgroup::release);
        SharedDirectory shared =
                SharedDirectory.create(identity.runDirectory(), new HostMounts(host));
        undo.push("shared directory", () -> shared.release(GuestLaunch::problem));
        return shared;
    }

    private HostProcess serve(SharedDirectory shared, Path socket, UndoStack undo)
            throws IOException {
        cgroup.awaitPlaced(config.runtime().sandboxCgroupOnly());
        HostProcess virtiofsd =
                Virtiofsd.start(
                        host,
                        config.hypervisor().sharedFs().daemon(),
                        socket,
                        shared.exported(),
                        config.hypervisor().sharedFs().cache(),
                        config.hypervisor().sharedFs().extraArguments());
        undo.push("virtiofsd", () -> Reaping.kill(virtiofsd, limits.reap()));
        return virtiofsd;
    }

    private Optional<VsockDaemon> carryVsock(UndoStack undo) throws IOException {
        if (config.agent().transport() != AgentConfig.Transport.HYBRID_VSOCK) {
            return Optional.empty();
        }
        VsockDaemon started =
                VsockDaemon.start(
                        host,
                        config.agent().vsockDaemon().orElseThrow(),
                        VsockDaemonSockets.in(identity.runDirectory()));
        undo.push("vsock daemon", () -> Reaping.kill(started.process(), limits.reap()));
        return Optional.of(started);
    }

    private HostSockets sockets(AgentLink link, UndoStack undo) {
        HostSockets sockets =
                new HostSockets(
                        host,
                        identity.runDirectory(),
                        identity.id(),
                        config.runtime().containers().forwardedSockets(),
                        link::require);
        undo.push("sockets of the host", sockets::end);
        return sockets;
    }

    private GuestSwap swap(Vm vm, AgentLink link) {
        return new GuestSwap(config.hypervisor().memory(), identity.id(), vm, link::require);
    }

    private VcpuPinning pinning() {
        return config.runtime().enableVcpusPinning() ? Taskset.pinning(host) : VcpuPinning.OFF;
    }

    private MachineSize backed(MachineSize size) throws HypervisorFailure {
        return config.hypervisor().memory().source().hugePages()
                ? HugePages.ofHost().hold(size)
                : size;
    }

    private MachineSize bootSize(SizingRule rule, OciSpec spec) throws HypervisorFailure {
        PodLimits pod = cgroup.podLimits();
        Sizing sizing = BootSize.of(rule, spec, pod);
        Optional<String> tooSmall = BootSize.tooSmall(sizing.size(), pod);
        if (tooSmall.isPresent()) {
            throw new HypervisorFailure(tooSmall.get());
        }
        cgroup.holds(sizing::size);
        BootSize.tooLarge(sizing.size(), pod)
                .ifPresent(why -> LOG.warn("the VM may be killed for want of memory", "why", why));
        sizing.clipped().forEach(why -> LOG.warn("less than was asked for", "why", why));
        return sizing.size();
    }

    /**
     * Goes on with a guest that another daemon holds, and that stays that one's until this one has
     * taken over: nothing is sent to it before. To be called once.
     *
     * @param held as {@link Guest#hold} told there
     * @throws RuntimeFailure if something of it cannot be had; it is left as it is
     */
    public LaunchedGuest goOn(NetworkPlace place, JsonObject held) {
        UndoStack undo = new UndoStack();
        try {
            JsonObject daemon = held.object("virtiofsd").orElse(JsonObject.EMPTY);
            HostProcess virtiofsd =
                    host.known(
                            (int) daemon.integer("handle").orElse(0),
                            daemon.integer("pid").orElse(0),
                            "virtiofsd");
            SandboxNetwork network =
                    SandboxNetwork.standing(
                            host,
                            place.pod(),
                            identity,
                            config,
                            cgroup,
                            held.object("network").orElse(JsonObject.EMPTY));
            undo.push(
                    "run directory",
                    () ->
                            RunDirectory.remove(
                                    identity.runDirectory(), undo.failed() || network.recorded()));
            undo.push("cgroup", cgroup::release);
            SharedDirectory shared =
                    SharedDirectory.standing(
                            identity.runDirectory(),
                            new HostMounts(host),
                            held.array("shares").orElse(JsonArray.EMPTY).strings());
            undo.push("shared directory", () -> shared.release(GuestLaunch::problem));
            undo.push("virtiofsd", () -> Reaping.kill(virtiofsd, limits.reap()));
            Vm vm =
                    hypervisor.goOn(
                            identity.id(),
                            identity.runDirectory(),
                            held.object("vm").orElse(JsonObject.EMPTY));
            undo.push("VM", () -> vm.stop(Duration.ZERO));
            SizingRule rule =
                    SizingRule.of(
                            config.hypervisor(),
                            config.runtime().staticSandboxResourceManagement());
            AgentLink link = new AgentLink(identity.id());
            if (network.follows()) {
                network.follow(place, vm, link::require, undo);
            }
            GuestSwap swap = swap(vm, link);
            swap.goOn(held.object("swap").orElse(JsonObject.EMPTY));
            OomScore scores = new OomScore(vm.pid());
            held.object("oom_scores")
                    .orElse(JsonObject.EMPTY)
                    .members()
                    .forEach(
                            (id, score) -> {
                                if (score instanceof JsonNumber number) {
                                    scores.admit(id, (int) number.asLong());
                                }
                            });
            Guest guest =
                    new Guest(
                            this,
                            new Guest.Parts(
                                    vm,
                                    new Guest.Resources(
                                            MachineFollower.goingOn(
                                                    rule,
                                                    held.object("machine").orElse(JsonObject.EMPTY),
                                                    vm,
                                                    link::require,
                                                    pinning()),
                                            swap,
                                            scores),
                                    new Guest.Files(shared, sockets(link, undo)),
                                    network,
                                    place.ofProcess(vm.pid()),
                                    new Guest.Daemons(virtiofsd, Optional.empty())),
                            link);
            guest.watch();
            return new LaunchedGuest(
                    guest,
                    new GuestStop(
                            link, vm, network, virtiofsd, Optional.empty(), limits.reap(), undo));
        } catch (HypervisorFailure e) {
            throw RuntimeFailure.internal(
                    "cannot go on with sandbox " + identity.id() + ": " + e.getMessage(), e);
        }
    }

    /** Returns what says why the guest does not come up, by what there is of it now. */
    BootDiagnosis diagnosis(@Nullable HostProcess virtiofsd, @Nullable VsockCarrier vsock) {
        return new BootDiagnosis(identity, config, clock.millis(), virtiofsd, vsock, cgroup);
    }

    Host host() {
        return host;
    }

    AgentConnector connector() {
        return connector;
    }

    SandboxCgroup cgroup() {
        return cgroup;
    }

    private static void problem(Exception cause) {
        LOG.warn("cannot undo", "what", "share", "error", cause);
    }
}
