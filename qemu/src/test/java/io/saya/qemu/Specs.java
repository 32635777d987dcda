package io.saya.qemu;

import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.Accelerator;
import io.saya.hypervisor.VmSpec.AgentTransport;
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
                "sandbox-1",
                runDirectory,
                QEMU,
                "q35",
                Accelerator.TCG,
                "pmu=off",
                1,
                1,
                64,
                64,
                0,
                kernel,
                Optional.empty(),
                Optional.empty(),
                List.of("agent.log=debug"),
                transport,
                devices,
                0,
                Optional.empty(),
                extraArguments,
                "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    }

    static VmSpec withVmm(VmSpec spec, Path vmm) {
        return new VmSpec(
                spec.sandboxId(),
                spec.runDirectory(),
                vmm,
                spec.machineType(),
                spec.accelerator(),
                spec.cpuFeatures(),
                spec.vcpus(),
                spec.maxVcpus(),
                spec.memoryMib(),
                spec.maxMemoryMib(),
                spec.memorySlots(),
                spec.kernel(),
                spec.initrd(),
                spec.image(),
                spec.kernelParameters(),
                spec.agentTransport(),
                spec.devices(),
                spec.plugSlots(),
                spec.networkNamespace(),
                spec.extraArguments(),
                spec.seccompSandbox());
    }

    static VmSpec withMachineType(VmSpec spec, String machineType) {
        return new VmSpec(
                spec.sandboxId(),
                spec.runDirectory(),
                spec.vmm(),
                machineType,
                spec.accelerator(),
                spec.cpuFeatures(),
                spec.vcpus(),
                spec.maxVcpus(),
                spec.memoryMib(),
                spec.maxMemoryMib(),
                spec.memorySlots(),
                spec.kernel(),
                spec.initrd(),
                spec.image(),
                spec.kernelParameters(),
                spec.agentTransport(),
                spec.devices(),
                spec.plugSlots(),
                spec.networkNamespace(),
                spec.extraArguments(),
                spec.seccompSandbox());
    }

    static VmSpec withAccelerator(VmSpec spec, Accelerator accelerator) {
        return new VmSpec(
                spec.sandboxId(),
                spec.runDirectory(),
                spec.vmm(),
                spec.machineType(),
                accelerator,
                spec.cpuFeatures(),
                spec.vcpus(),
                spec.maxVcpus(),
                spec.memoryMib(),
                spec.maxMemoryMib(),
                spec.memorySlots(),
                spec.kernel(),
                spec.initrd(),
                spec.image(),
                spec.kernelParameters(),
                spec.agentTransport(),
                spec.devices(),
                spec.plugSlots(),
                spec.networkNamespace(),
                spec.extraArguments(),
                spec.seccompSandbox());
    }

    static VmSpec withImage(VmSpec spec, Optional<Path> image) {
        return new VmSpec(
                spec.sandboxId(),
                spec.runDirectory(),
                spec.vmm(),
                spec.machineType(),
                spec.accelerator(),
                spec.cpuFeatures(),
                spec.vcpus(),
                spec.maxVcpus(),
                spec.memoryMib(),
                spec.maxMemoryMib(),
                spec.memorySlots(),
                spec.kernel(),
                spec.initrd(),
                image,
                spec.kernelParameters(),
                spec.agentTransport(),
                spec.devices(),
                spec.plugSlots(),
                spec.networkNamespace(),
                spec.extraArguments(),
                spec.seccompSandbox());
    }

    /** With room to grow. */
    static VmSpec withRoom(VmSpec spec, int maxVcpus, int maxMemoryMib) {
        return new VmSpec(
                spec.sandboxId(),
                spec.runDirectory(),
                spec.vmm(),
                spec.machineType(),
                spec.accelerator(),
                spec.cpuFeatures(),
                spec.vcpus(),
                maxVcpus,
                spec.memoryMib(),
                maxMemoryMib,
                spec.memorySlots(),
                spec.kernel(),
                spec.initrd(),
                spec.image(),
                spec.kernelParameters(),
                spec.agentTransport(),
                spec.devices(),
                spec.plugSlots(),
                spec.networkNamespace(),
                spec.extraArguments(),
                spec.seccompSandbox());
    }

    static VmSpec withPlugSlots(VmSpec spec, int plugSlots) {
        return new VmSpec(
                spec.sandboxId(),
                spec.runDirectory(),
                spec.vmm(),
                spec.machineType(),
                spec.accelerator(),
                spec.cpuFeatures(),
                spec.vcpus(),
                spec.maxVcpus(),
                spec.memoryMib(),
                spec.maxMemoryMib(),
                spec.memorySlots(),
                spec.kernel(),
                spec.initrd(),
                spec.image(),
                spec.kernelParameters(),
                spec.agentTransport(),
                spec.devices(),
                plugSlots,
                spec.networkNamespace(),
                spec.extraArguments(),
                spec.seccompSandbox());
    }
}
