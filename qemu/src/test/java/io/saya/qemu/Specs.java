package io.saya.qemu;

import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.DiskPlan;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.Accelerator;
import io.saya.hypervisor.VmSpec.AgentTransport;
import io.saya.hypervisor.VmSpec.MemoryBacking;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Specifications for tests. */
final class Specs {
    static final Path QEMU = Path.of("/usr/bin/qemu-system-x86_64");

    private Specs() {}

    /** A small VM that runs {@code kernel} under TCG. */
    static VmSpec of(Path runDirectory, Path kernel) {
        return of(runDirectory, kernel, List.of(), AgentTransport.VIRTIO_SERIAL, List.of());
    }

    static VmSpec of(
            Path runDirectory,
            Path kernel,
            List<VmDevice> devices,
            AgentTransport transport,
            List<String> extraArguments) {
        return new VmSpec(
                new VmSpec.Vmm(
                        "sandbox-1",
                        runDirectory,
                        QEMU,
                        Optional.empty(),
                        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
                        extraArguments),
                new VmSpec.Guest(
                        kernel,
                        Optional.empty(),
                        Optional.empty(),
                        List.of("agent.log=debug"),
                        AgentEndpoint.Agents.DEFAULT),
                new VmSpec.Machine("q35", Accelerator.TCG, "pmu=off"),
                new VmSpec.Cpu(1, 1),
                new VmSpec.Memory(64, 64, MemoryBacking.ON_TOUCH),
                transport,
                new VmSpec.Devices(devices, 0));
    }

    static VmSpec withVmm(VmSpec spec, Path binary) {
        VmSpec.Vmm vmm = spec.vmm();
        return new VmSpec(
                new VmSpec.Vmm(
                        vmm.sandboxId(),
                        vmm.runDirectory(),
                        binary,
                        vmm.networkNamespace(),
                        vmm.seccompSandbox(),
                        vmm.extraArguments()),
                spec.guest(),
                spec.machine(),
                spec.cpu(),
                spec.memory(),
                spec.agentTransport(),
                spec.devices());
    }

    static VmSpec withMachineType(VmSpec spec, String type) {
        return withMachine(
                spec,
                new VmSpec.Machine(
                        type, spec.machine().accelerator(), spec.machine().cpuFeatures()));
    }

    static VmSpec withAccelerator(VmSpec spec, Accelerator accelerator) {
        return withMachine(
                spec,
                new VmSpec.Machine(
                        spec.machine().type(), accelerator, spec.machine().cpuFeatures()));
    }

    private static VmSpec withMachine(VmSpec spec, VmSpec.Machine machine) {
        return new VmSpec(
                spec.vmm(),
                spec.guest(),
                machine,
                spec.cpu(),
                spec.memory(),
                spec.agentTransport(),
                spec.devices());
    }

    static VmSpec withMachine(VmSpec spec, String words, Path entropySource) {
        return withMachine(
                spec,
                new VmSpec.Machine(
                        spec.machine().type(),
                        spec.machine().accelerator(),
                        words,
                        spec.machine().cpuFeatures(),
                        entropySource));
    }

    static VmSpec withDebug(VmSpec spec, VmSpec.Debug debug) {
        return new VmSpec(
                spec.vmm().with(debug),
                spec.guest(),
                spec.machine(),
                spec.cpu(),
                spec.memory(),
                spec.agentTransport(),
                spec.devices());
    }

    /** A machine whose memory is dumped when its guest panics. */
    static VmSpec withDump(VmSpec spec, Path directory) {
        return withDebug(
                spec,
                new VmSpec.Debug(
                        false,
                        Optional.empty(),
                        Optional.of(new VmSpec.MemoryDump(directory, false))));
    }

    static VmSpec withImage(VmSpec spec, VmSpec.RootImage image) {
        VmSpec.Guest guest = spec.guest();
        return new VmSpec(
                spec.vmm(),
                new VmSpec.Guest(
                        guest.kernel(),
                        guest.initrd(),
                        Optional.of(image),
                        guest.kernelParameters(),
                        guest.agents()),
                spec.machine(),
                spec.cpu(),
                spec.memory(),
                spec.agentTransport(),
                spec.devices());
    }

    /** With room to grow. */
    static VmSpec withRoom(VmSpec spec, int maxVcpus, int maxMemoryMib) {
        return new VmSpec(
                spec.vmm(),
                spec.guest(),
                spec.machine(),
                new VmSpec.Cpu(spec.cpu().vcpus(), maxVcpus),
                new VmSpec.Memory(spec.memory().mib(), maxMemoryMib, spec.memory().backing()),
                spec.agentTransport(),
                spec.devices());
    }

    static VmSpec withMemory(VmSpec spec, VmSpec.Memory memory) {
        return new VmSpec(
                spec.vmm(),
                spec.guest(),
                spec.machine(),
                spec.cpu(),
                memory,
                spec.agentTransport(),
                spec.devices());
    }

    static VmSpec withDiskThreads(VmSpec spec, int places, int threads) {
        return new VmSpec(
                spec.vmm(),
                spec.guest(),
                spec.machine(),
                spec.cpu(),
                spec.memory(),
                spec.agentTransport(),
                new VmSpec.Devices(
                        spec.devices().atStart(),
                        0,
                        new DiskPlan(
                                new DiskPlan.Places(places, 0),
                                threads,
                                "threads",
                                new DiskPlan.Cache(false, false),
                                new DiskPlan.Sectors(0, 0),
                                new DiskPlan.Queues(0, 0))));
    }

    static VmSpec withPlugSlots(VmSpec spec, int plugSlots) {
        return withPlugSlots(spec, plugSlots, 0);
    }

    static VmSpec withPlugSlots(VmSpec spec, int plugSlots, int diskSlots) {
        return new VmSpec(
                spec.vmm(),
                spec.guest(),
                spec.machine(),
                spec.cpu(),
                spec.memory(),
                spec.agentTransport(),
                new VmSpec.Devices(
                        spec.devices().atStart(), plugSlots, DiskPlan.ofPlaces(diskSlots)));
    }
}
