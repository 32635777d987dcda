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
        return with(
                spec,
                new VmSpec.Vmm(
                        vmm.sandboxId(),
                        vmm.runDirectory(),
                        binary,
                        vmm.networkNamespace(),
                        vmm.seccompSandbox(),
                        vmm.extraArguments()));
    }

    static VmSpec withMachineType(VmSpec spec, String type) {
        VmSpec.Machine machine = spec.machine();
        return with(spec, new VmSpec.Machine(type, machine.accelerator(), machine.cpuFeatures()));
    }

    static VmSpec withAccelerator(VmSpec spec, Accelerator accelerator) {
        VmSpec.Machine machine = spec.machine();
        return with(spec, new VmSpec.Machine(machine.type(), accelerator, machine.cpuFeatures()));
    }

    static VmSpec withMachine(VmSpec spec, String words, Path entropySource) {
        VmSpec.Machine machine = spec.machine();
        return with(
                spec,
                new VmSpec.Machine(
                        machine.type(),
                        machine.accelerator(),
                        words,
                        machine.cpuFeatures(),
                        entropySource));
    }

    static VmSpec withDebug(VmSpec spec, VmSpec.Debug debug) {
        return with(spec, spec.vmm().with(debug));
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
        return with(
                spec,
                new VmSpec.Guest(
                        guest.kernel(),
                        guest.initrd(),
                        Optional.of(image),
                        guest.kernelParameters(),
                        guest.agents()));
    }

    /** With room to grow. */
    static VmSpec withRoom(VmSpec spec, int maxVcpus, int maxMemoryMib) {
        VmSpec.Memory memory = spec.memory();
        return withMemory(
                with(spec, new VmSpec.Cpu(spec.cpu().vcpus(), maxVcpus)),
                new VmSpec.Memory(memory.mib(), maxMemoryMib, memory.backing()));
    }

    static VmSpec withMemory(VmSpec spec, VmSpec.Memory memory) {
        return with(spec, memory);
    }

    static VmSpec withDiskThreads(VmSpec spec, int places, int threads) {
        return with(
                spec,
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
        return with(
                spec,
                new VmSpec.Devices(
                        spec.devices().atStart(), plugSlots, DiskPlan.ofPlaces(diskSlots)));
    }

    /** The same with this part in the place of the one of its type. */
    private static VmSpec with(VmSpec spec, Record part) {
        return new VmSpec(
                part instanceof VmSpec.Vmm vmm ? vmm : spec.vmm(),
                part instanceof VmSpec.Guest guest ? guest : spec.guest(),
                part instanceof VmSpec.Machine machine ? machine : spec.machine(),
                part instanceof VmSpec.Cpu cpu ? cpu : spec.cpu(),
                part instanceof VmSpec.Memory memory ? memory : spec.memory(),
                spec.agentTransport(),
                part instanceof VmSpec.Devices devices ? devices : spec.devices());
    }
}
