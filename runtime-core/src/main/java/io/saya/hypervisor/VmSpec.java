package io.saya.hypervisor;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A virtual machine to start. Everything in it is checked before: paths exist, numbers are in
 * range.
 *
 * @param sandboxId stands in the VMM's arguments ({@code -name}) so that ps tells whose VM it is
 * @param runDirectory the sandbox's own directory (0700); sockets go here
 * @param vmm the VMM's binary
 * @param machineType QEMU's machine type, {@code q35}
 * @param accelerator which accelerator to use
 * @param cpuFeatures QEMU's {@code -cpu} features appended to the model, such as {@code pmu=off};
 *     may be empty
 * @param vcpus virtual CPUs at start, at least 1
 * @param maxVcpus virtual CPUs that can be reached by hot-plug, at least {@code vcpus}
 * @param memoryMib memory at start in MiB
 * @param maxMemoryMib memory that can be reached by hot-plug in MiB
 * @param memorySlots slots for memory hot-plug
 * @param kernel guest kernel
 * @param initrd guest initrd; exactly one of {@code initrd} and {@code image} is present
 * @param image guest root image
 * @param kernelParameters words appended to the kernel command line that the VMM needs, such as
 *     {@code agent.log=debug}
 * @param agentTransport how the agent is reached
 * @param devices devices beyond those every VM has (console, RNG, agent's transport)
 * @param plugSlots places for network cards that are plugged while the guest runs, 0 to 16; each
 *     costs the boot some 10 ms under emulation
 * @param networkNamespace namespace in which the VMM runs; empty: the host's; {@link
 *     io.saya.host.SpawnSpec#NEW_NETWORK_NAMESPACE}: one of its own
 * @param extraArguments words appended to the VMM's command line as they are
 * @param seccompSandbox QEMU's {@code -sandbox} value; empty: none
 */
public record VmSpec(
        String sandboxId,
        Path runDirectory,
        Path vmm,
        String machineType,
        Accelerator accelerator,
        String cpuFeatures,
        int vcpus,
        int maxVcpus,
        int memoryMib,
        int maxMemoryMib,
        int memorySlots,
        Path kernel,
        Optional<Path> initrd,
        Optional<Path> image,
        List<String> kernelParameters,
        AgentTransport agentTransport,
        List<VmDevice> devices,
        int plugSlots,
        Optional<Path> networkNamespace,
        List<String> extraArguments,
        String seccompSandbox) {

    /**
     * How the guest's code is executed. {@code AUTO}: KVM only where a probe guest really ran under
     * it, else TCG.
     */
    public enum Accelerator {
        AUTO,
        KVM,
        TCG
    }

    /** Carrier of the agent's protocol. */
    public enum AgentTransport {
        VIRTIO_SERIAL,
        VSOCK,
        HYBRID_VSOCK
    }
}
