package io.saya.qemu;

import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.Placement;
import io.saya.host.SpawnSpec;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.Hypervisor;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmSpec;
import io.saya.log.Log;
import io.saya.qemu.MachineArguments.Execution;
import io.saya.qemu.args.Accel;
import io.saya.qemu.args.CommandLine;
import io.saya.qemu.probe.KvmProbe;
import io.saya.qemu.probe.KvmVerdict;
import io.saya.qemu.root.ConfinedRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Virtual machines in QEMU processes. Thread safe. */
public final class QemuHypervisor implements Hypervisor {
    private static final Log LOG = Log.of("qemu");

    /**
     * Bound of TCG's cache of translated code in MiB. QEMU's own bound is an eighth of the host's
     * memory, for every pod; what smaller ones cost is measured in README.md.
     */
    static final int TCG_CACHE_MIB = 64;

    /** The vsock port of agents (agent-proto/api/agents.md#where-an-agent-listens). */
    private static final int AGENT_VSOCK_PORT = 1024;

    /**
     * Everything that TCG can do, but not ERMS: with it guests clear and copy memory by {@code rep
     * stosb} and {@code rep movsb}, which TCG executes byte by byte.
     */
    private static final String TCG_CPU = "max,erms=off";

    private final Host host;
    private final KvmProbe probe;
    private final @Nullable String tscKhz;

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
        VmSockets sockets = VmSockets.in(spec.vmm().runDirectory());
        int guestCid = guestCid();
        Execution execution = execution(spec);
        CommandLine commandLine = MachineArguments.of(spec, execution, guestCid);
        SpawnSpec spawn =
                new SpawnSpec(
                        commandLine.words(),
                        Map.of(),
                        sockets.inherited(spec),
                        spec.vmm().networkNamespace(),
                        spec.vmm().runDirectory(),
                        VmDescriptors.placement(spec, sockets, confined(spec, execution)));
        HostProcess process;
        try {
            process = host.spawn(spawn);
        } catch (IOException e) {
            throw new HypervisorFailure(
                    "start QEMU for sandbox " + spec.vmm().sandboxId() + ": " + e.getMessage(), e);
        }
        return QemuVm.attach(
                spec.vmm().sandboxId(),
                process,
                sockets,
                agentEndpoint(spec, sockets, guestCid),
                spec,
                new TapHandover(host, sockets.handover(), process.pid()));
    }

    private static Placement confined(VmSpec spec, Execution execution) throws HypervisorFailure {
        return Placement.confined(ConfinedRoot.of(spec, execution.accel() instanceof Accel.Kvm));
    }

    private Execution execution(VmSpec spec) throws HypervisorFailure {
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
            case VIRTIO_SERIAL -> new AgentEndpoint.SerialPort(sockets.agent());
            case VSOCK -> new AgentEndpoint.Vsock(guestCid, AGENT_VSOCK_PORT);
            case HYBRID_VSOCK ->
                    new AgentEndpoint.HybridVsock(sockets.hybridVsock(), AGENT_VSOCK_PORT);
        };
    }

    /**
     * A vsock address, 3 to 2^32-2. Drawn, not reserved: QEMU takes it from the kernel as it starts
     * and fails if another VM has it, once in four thousand million times per VM there is.
     */
    private static int guestCid() {
        return (int) ThreadLocalRandom.current().nextLong(3, 0xffff_ffffL);
    }
}
