package io.saya.guest;

import io.saya.config.AgentConfig;
import io.saya.config.HypervisorConfig;
import io.saya.config.MachineConfig;
import io.saya.config.MemoryConfig;
import io.saya.config.RuntimeConfig;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.Accelerator;
import io.saya.hypervisor.VmSpec.AgentTransport;
import io.saya.hypervisor.VmSpec.MemoryBacking;
import io.saya.resources.MachineSize;
import io.saya.share.SharedDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Plans the VM that a sandbox needs, by the configuration. */
final class VmPlan {

    private VmPlan() {}

    /** Cards that can come while the guest runs, where that is to be expected. */
    static final int PLUG_SLOTS = 4;

    /** More than a processor that QEMU emulates can address, with what else has an address. */
    private static final int MOST_MIB = 512 * 1024;

    static VmSpec of(
            SandboxIdentity identity,
            RuntimeConfig config,
            MachineSize size,
            Path shareSocket,
            NetworkPlace place,
            SandboxNetwork network) {
        HypervisorConfig hypervisor = config.hypervisor();
        List<VmDevice> devices = new ArrayList<>();
        devices.add(
                new VmDevice.VirtioFs(
                        SharedDirectory.TAG,
                        shareSocket,
                        hypervisor.sharedFs().queueSize(),
                        hypervisor.sharedFs().cacheSizeMib()));
        devices.addAll(network.cards());
        // What was taken ahead is not to be given back: it might not be there again.
        if (hypervisor.memory().reclaimFreed()
                && backing(hypervisor.memory()) == MemoryBacking.ON_TOUCH) {
            devices.add(new VmDevice.Balloon());
        }
        return new VmSpec(
                new VmSpec.Vmm(
                        identity.id(),
                        identity.runDirectory(),
                        hypervisor.path(),
                        place.vmm(),
                        hypervisor.machine().seccompSandbox(),
                        List.of()),
                new VmSpec.Guest(
                        hypervisor.guest().kernel(),
                        hypervisor.guest().initrd(),
                        hypervisor.guest().image(),
                        kernelParameters(config)),
                new VmSpec.Machine(
                        hypervisor.machine().machineType(),
                        accelerator(hypervisor.machine()),
                        hypervisor.machine().cpuFeatures()),
                cpu(config, size),
                memory(config, size),
                transport(config.agent()),
                new VmSpec.Devices(devices, network.plugSlots(place)));
    }

    private static VmSpec.Cpu cpu(RuntimeConfig config, MachineSize size) {
        return new VmSpec.Cpu(
                size.vcpus(),
                config.runtime().staticSandboxResourceManagement()
                        ? size.vcpus()
                        : Math.max(size.vcpus(), config.hypervisor().cpu().maxVcpus()));
    }

    private static VmSpec.Memory memory(RuntimeConfig config, MachineSize size) {
        return new VmSpec.Memory(
                size.memoryMib(),
                config.runtime().staticSandboxResourceManagement()
                        ? size.memoryMib()
                        : Math.clamp(
                                config.hypervisor().memory().maxMib(), size.memoryMib(), MOST_MIB),
                backing(config.hypervisor().memory()));
    }

    private static MemoryBacking backing(MemoryConfig memory) {
        if (memory.hugePages()) {
            return MemoryBacking.HUGE_PAGES;
        }
        return memory.preallocate() ? MemoryBacking.PREALLOCATED : MemoryBacking.ON_TOUCH;
    }

    private static Accelerator accelerator(MachineConfig machine) {
        return switch (machine.accelerator()) {
            case AUTO -> Accelerator.AUTO;
            case KVM -> Accelerator.KVM;
            case TCG -> Accelerator.TCG;
        };
    }

    private static AgentTransport transport(AgentConfig agent) {
        return switch (agent.transport()) {
            case VIRTIO_SERIAL -> AgentTransport.VIRTIO_SERIAL;
            case VSOCK -> AgentTransport.VSOCK;
            case HYBRID_VSOCK -> AgentTransport.HYBRID_VSOCK;
            case AUTO -> throw new IllegalStateException("transport: the configuration decides");
        };
    }

    private static List<String> kernelParameters(RuntimeConfig config) {
        List<String> parameters = new ArrayList<>();
        if (config.agent().enableDebug()) {
            parameters.add("agent.log=debug");
        }
        if (config.agent().debugConsole()) {
            parameters.add("agent.debug_console");
            if (transport(config.agent()) != AgentTransport.VIRTIO_SERIAL) {
                // Without vsock the shell is on the guest's console.
                parameters.add("agent.debug_console_vport=1026");
            }
        }
        parameters.addAll(config.hypervisor().guest().kernelParameters());
        return parameters;
    }
}
