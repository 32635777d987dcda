package io.saya.qemu;

import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.host.HostFailure;
import io.saya.host.HostProcess;
import io.saya.host.Placement;
import io.saya.host.Placement.InheritedVsock;
import io.saya.host.SpawnSpec;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.TemplateHypervisor;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.AgentTransport;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.qemu.MachineArguments.Execution;
import io.saya.qemu.args.Accel;
import io.saya.qemu.probe.KvmProbe;
import io.saya.qemu.probe.KvmVerdict;
import io.saya.qemu.root.ConfinedRoot;
import io.saya.qemu.saved.MemoryImage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Virtual machines in QEMU processes. Thread safe. */
public final class QemuHypervisor implements TemplateHypervisor {
    private static final Log LOG = Log.of("qemu");

    /**
     * Bound of TCG's cache of translated code in MiB. QEMU's own bound is an eighth of the host's
     * memory, for every pod; what smaller ones cost is measured in README.md.
     */
    static final int TCG_CACHE_MIB = 64;

    /** The vsock port of agents (agent-proto/api/agents.md#where-an-agent-listens). */
    private static final int AGENT_VSOCK_PORT = 1024;

    /** How many context ids are tried: a taken one is drawn once in some million times. */
    private static final int CONTEXT_IDS = 8;

    /**
     * Everything that TCG can do, but not ERMS: with it guests clear and copy memory by {@code rep
     * stosb} and {@code rep movsb}, which TCG executes byte by byte.
     */
    private static final String TCG_CPU = "max,erms=off";

    /** Machines of templates have no vsock. */
    private static final int NO_CID = 0;

    private final Host host;
    private final KvmProbe probe;
    private final @Nullable String tscKhz;
    private final Map<VmSpec.Accelerator, Execution> executions = new ConcurrentHashMap<>();

    /**
     * Makes VMs with the means of {@code host}.
     *
     * @param probe tells whether KVM is of use, for specifications that leave it open
     * @param tscKhz kHz of the host's time stamp counter, if the host keeps time by it
     */
    QemuHypervisor(Host host, KvmProbe probe, @Nullable String tscKhz) {
        this.host = host;
        this.probe = probe;
        this.tscKhz = tscKhz;
    }

    /**
     * The hypervisor of a daemon.
     *
     * @param sharedDirectory where all sandboxes of the host remember the verdict on KVM ({@code
     *     /run/saya})
     * @param environment the daemon's
     */
    public static QemuHypervisor of(
            Host host, Path sharedDirectory, Map<String, String> environment) {
        return new QemuHypervisor(
                host,
                KvmProbe.of(host, sharedDirectory),
                environment.get(GuestClock.TSC_KHZ_VARIABLE));
    }

    @Override
    public Vm start(VmSpec spec) throws HypervisorFailure {
        return launch(spec, new Start.Boot());
    }

    @Override
    public Vm goOn(String sandboxId, Path runDirectory, JsonObject held) throws HypervisorFailure {
        VmSockets sockets = VmSockets.in(runDirectory);
        HostProcess vmm =
                host.known(
                        (int) held.integer("handle").orElse(0),
                        held.integer("pid").orElse(0),
                        "qemu");
        try {
            return QemuVm.goOn(
                    sandboxId,
                    vmm,
                    sockets,
                    new Handover(host, sockets.handover(), vmm.pid()),
                    held);
        } catch (IOException e) {
            throw new HypervisorFailure(
                    "go on with QEMU of sandbox " + sandboxId + ": " + e.getMessage(), e);
        }
    }

    @Override
    public Fit fit(VmSpec spec) throws HypervisorFailure {
        Optional<String> obstacle = TemplateMachine.obstacle(spec);
        if (obstacle.isPresent()) {
            return new Fit.Not(obstacle.get());
        }
        VmSpec machine = TemplateMachine.anonymous(spec);
        return new Fit.From(
                MachineFingerprint.of(
                        machine,
                        MachineArguments.of(machine, measured(execution(machine)), NO_CID)));
    }

    @Override
    public Vm startTemplate(VmSpec spec, VmSpec.Vmm vmm) throws HypervisorFailure {
        return launch(TemplateMachine.of(spec, vmm), new Start.BootAside());
    }

    @Override
    public void save(Vm vm, Path directory, long limitBytes) throws HypervisorFailure {
        if (!(vm instanceof QemuVm template)) {
            throw new IllegalArgumentException(vm + " is no VM of this hypervisor's");
        }
        template.save(directory, limitBytes);
    }

    @Override
    public Vm restore(VmSpec spec, Path directory) throws HypervisorFailure {
        String phase = "load the template " + directory + ": ";
        MemoryImage image;
        try {
            image = MemoryImage.open(directory);
        } catch (IOException e) {
            throw new HypervisorFailure(phase + e.getMessage(), e);
        }
        QemuVm vm = launch(TemplateMachine.of(spec), new Start.Restore());
        try (MemoryCopy memory = MemoryCopy.start(host, image, vm.pid(), spec.vmm().sandboxId())) {
            vm.load(image, memory, spec.devices().atStart());
            return vm;
        } catch (IOException | HypervisorFailure | RuntimeFailure e) {
            vm.stop(Duration.ZERO);
            throw new HypervisorFailure(phase + e.getMessage() + printed(vm), e);
        } catch (RuntimeException | Error e) {
            vm.stop(Duration.ZERO); // nobody else has it yet
            throw e;
        }
    }

    private static String printed(QemuVm vm) {
        String output = vm.vmmOutputTail().strip();
        return output.isEmpty() ? "" : "; QEMU printed: " + output;
    }

    private QemuVm launch(VmSpec spec, Start start) throws HypervisorFailure {
        VmSockets sockets = VmSockets.in(spec.vmm().runDirectory());
        Execution execution = execution(spec);
        Placement placement = VmDescriptors.placement(spec, sockets, confined(spec, execution));
        int guestCid = guestCid();
        HostProcess process;
        int tries = 1;
        while (true) {
            try {
                process = host.spawn(spawn(spec, start, sockets, execution, placement, guestCid));
                break;
            } catch (HostFailure e) {
                if (!contextIdIsTaken(spec, e) || tries++ == CONTEXT_IDS) {
                    throw unstarted(spec, e);
                }
                guestCid = guestCid();
            } catch (IOException e) {
                throw unstarted(spec, e);
            }
        }
        return QemuVm.attach(
                spec.vmm().sandboxId(),
                process,
                sockets,
                agentEndpoint(spec, sockets, guestCid),
                spec,
                new Handover(host, sockets.handover(), process.pid()),
                start instanceof Start.Restore);
    }

    /** Each daemon measures the clock of the same processor a little differently. */
    private static Execution measured(Execution execution) {
        return new Execution(
                execution.accel(),
                execution.cpuModel(),
                execution.clock().isEmpty() ? "" : " tsc=measured");
    }

    private static SpawnSpec spawn(
            VmSpec spec,
            Start start,
            VmSockets sockets,
            Execution execution,
            Placement placement,
            int guestCid)
            throws HypervisorFailure {
        return new SpawnSpec(
                start.words(MachineArguments.of(spec, execution, guestCid)),
                Map.of(),
                sockets.inherited(spec),
                spec.vmm().networkNamespace(),
                spec.vmm().runDirectory(),
                spec.agentTransport() == AgentTransport.VSOCK
                        ? placement.with(new InheritedVsock(VmDescriptors.VHOST_VSOCK, guestCid))
                        : placement);
    }

    private static boolean contextIdIsTaken(VmSpec spec, HostFailure failure) {
        return spec.agentTransport() == AgentTransport.VSOCK
                && failure.errno() == HostFailure.EADDRINUSE;
    }

    private static HypervisorFailure unstarted(VmSpec spec, IOException e) {
        return new HypervisorFailure(
                "start QEMU for sandbox " + spec.vmm().sandboxId() + ": " + e.getMessage(), e);
    }

    private static Placement confined(VmSpec spec, Execution execution) throws HypervisorFailure {
        return Placement.confined(ConfinedRoot.of(spec, execution.accel() instanceof Accel.Kvm));
    }

    /** Found out once: a template is looked for, and its VM started, beside the sandbox's. */
    private Execution execution(VmSpec spec) throws HypervisorFailure {
        Execution known = executions.get(spec.machine().accelerator());
        if (known == null) {
            known = findOut(spec);
            executions.put(spec.machine().accelerator(), known);
        }
        return known;
    }

    private Execution findOut(VmSpec spec) throws HypervisorFailure {
        return switch (spec.machine().accelerator()) {
            case TCG -> tcg();
            case KVM -> kvm("host");
            case AUTO ->
                    switch (probe.verdict(spec.vmm().binary())) {
                        case KvmVerdict.Usable(String cpuModel) -> kvm(cpuModel);
                        case KvmVerdict.Unusable(String reason) -> emulated(reason);
                        case KvmVerdict.Undecided(String reason) -> emulated(reason);
                    };
        };
    }

    private Execution emulated(String reason) {
        LOG.warn("KVM cannot be used, so the guest is emulated (TCG)", "reason", reason);
        return tcg();
    }

    private Execution tcg() {
        return new Execution(new Accel.Tcg(TCG_CACHE_MIB), TCG_CPU, GuestClock.tcg(tscKhz));
    }

    private static Execution kvm(String cpuModel) {
        return new Execution(new Accel.Kvm(), cpuModel, GuestClock.KVM);
    }

    private static AgentEndpoint agentEndpoint(VmSpec spec, VmSockets sockets, int guestCid) {
        return switch (spec.agentTransport()) {
            case VIRTIO_SERIAL ->
                    new AgentEndpoint.SerialPort(sockets.agent(), spec.guest().agents());
            case VSOCK -> new AgentEndpoint.Vsock(guestCid, AGENT_VSOCK_PORT);
            case HYBRID_VSOCK ->
                    new AgentEndpoint.HybridVsock(sockets.vsockDaemon().host(), AGENT_VSOCK_PORT);
        };
    }

    /**
     * A vsock address, 3 to 2^32-2. The kernel says whether it is free, as the guard takes it for
     * QEMU.
     */
    private static int guestCid() {
        return (int) ThreadLocalRandom.current().nextLong(3, 0xffff_ffffL);
    }
}
