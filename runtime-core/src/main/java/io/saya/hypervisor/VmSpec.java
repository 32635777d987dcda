package io.saya.hypervisor;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A virtual machine to start. Everything in it is checked before: paths exist, numbers are in
 * range. Its parts are named as the parts of the configuration that they are made from.
 *
 * @param vmm the VMM's process on the host
 * @param guest what the machine boots
 * @param machine what is emulated
 * @param cpu virtual CPUs
 * @param memory the guest's memory
 * @param agentTransport how the agent is reached
 * @param devices what else the guest has
 */
public record VmSpec(
        Vmm vmm,
        Guest guest,
        Machine machine,
        Cpu cpu,
        Memory memory,
        AgentTransport agentTransport,
        Devices devices) {

    /** See {@link Vmm#debug}. */
    public Debug debug() {
        return vmm.debug();
    }

    /**
     * What helps to find out why a guest does what it does.
     *
     * @param verbose whether its kernel tells what it does, and its console is in the log
     * @param monitor a further monitor of the VMM's, at {@code extra-monitor.sock} in the run
     *     directory; empty: none
     * @param dump what becomes of its memory when its kernel panics; empty: nothing
     */
    public record Debug(boolean verbose, Optional<Monitor> monitor, Optional<MemoryDump> dump) {

        /** Nothing of it. */
        public static final Debug NONE = new Debug(false, Optional.empty(), Optional.empty());
    }

    /** How a monitor speaks. */
    public enum Monitor {
        /** Lines for people. */
        HMP,
        QMP,
        /** QMP with line breaks. */
        QMP_PRETTY
    }

    /**
     * A dump of the guest's memory.
     *
     * @param directory in which each sandbox has one of its own
     * @param paging whether by the guest's page tables
     */
    public record MemoryDump(Path directory, boolean paging) {}

    /**
     * The VMM's process.
     *
     * @param sandboxId stands in the VMM's arguments ({@code -name}) so that ps tells whose VM it
     *     is
     * @param runDirectory the sandbox's own directory (0700); sockets go here
     * @param binary the program
     * @param networkNamespace namespace in which the VMM runs; empty: the host's; {@link
     *     io.saya.host.SpawnSpec#NEW_NETWORK_NAMESPACE}: one of its own
     * @param seccompSandbox QEMU's {@code -sandbox} value; empty: none
     * @param extraArguments words appended to the VMM's command line as they are
     * @param debug what helps to find out why the guest does what it does
     */
    public record Vmm(
            String sandboxId,
            Path runDirectory,
            Path binary,
            Optional<Path> networkNamespace,
            String seccompSandbox,
            List<String> extraArguments,
            Debug debug) {

        /** One whose guest is not looked into. */
        public Vmm(
                String sandboxId,
                Path runDirectory,
                Path binary,
                Optional<Path> networkNamespace,
                String seccompSandbox,
                List<String> extraArguments) {
            this(
                    sandboxId,
                    runDirectory,
                    binary,
                    networkNamespace,
                    seccompSandbox,
                    extraArguments,
                    Debug.NONE);
        }

        /** The same with a guest that is looked into. */
        public Vmm with(Debug other) {
            return new Vmm(
                    sandboxId,
                    runDirectory,
                    binary,
                    networkNamespace,
                    seccompSandbox,
                    extraArguments,
                    other);
        }
    }

    /**
     * What the machine boots.
     *
     * @param kernel guest kernel
     * @param initrd guest initrd; exactly one of {@code initrd} and {@code image} is present
     * @param image guest root image
     * @param kernelParameters words appended to the kernel command line that the VMM needs, such as
     *     {@code agent.log=debug}
     * @param agents what its agent may be
     */
    public record Guest(
            Path kernel,
            Optional<Path> initrd,
            Optional<RootImage> image,
            List<String> kernelParameters,
            AgentEndpoint.Agents agents) {}

    /**
     * The guest's root image, which no guest writes to: its pages are shared by all that boot it.
     *
     * @param path a raw file with a file system, or with partitions of which the first holds it
     * @param device what the guest sees it as
     * @param fileSystem what is in it, where it does not tell that itself
     * @param verity what the guest's kernel checks it by
     */
    public record RootImage(
            Path path, ImageDevice device, String fileSystem, Optional<Verity> verity) {}

    /** A device that holds a root image. */
    public enum ImageDevice {
        /** virtio-blk. */
        DISK,
        NVDIMM,
        /** virtio-pmem. */
        PMEM
    }

    /**
     * The tree of hashes, in the image's second partition, that dm-verity compares the first with.
     *
     * @param rootHash of SHA-256, in hexadecimal digits
     * @param salt in hexadecimal digits; {@code -}: none
     * @param dataBlocks blocks that are checked
     * @param dataBlockSize bytes of each
     * @param hashBlockSize bytes of a block of hashes
     */
    public record Verity(
            String rootHash, String salt, long dataBlocks, int dataBlockSize, int hashBlockSize) {}

    /**
     * What is emulated.
     *
     * @param type QEMU's machine type, {@code q35}
     * @param accelerator which accelerator to use
     * @param words words appended to QEMU's {@code -machine}, separated by commas; may be empty
     * @param cpuFeatures QEMU's {@code -cpu} features appended to the model, such as {@code
     *     pmu=off}; may be empty
     * @param entropySource the host's file that feeds the guest's RNG
     */
    public record Machine(
            String type,
            Accelerator accelerator,
            String words,
            String cpuFeatures,
            Path entropySource) {

        /** What every host has, and QEMU may open itself. */
        public static final Path URANDOM = Path.of("/dev/urandom");

        /** Without further words, and with the RNG of the host's kernel. */
        public Machine(String type, Accelerator accelerator, String cpuFeatures) {
            this(type, accelerator, "", cpuFeatures, URANDOM);
        }
    }

    /**
     * Virtual CPUs.
     *
     * @param vcpus at start, at least 1
     * @param maxVcpus reached by hot-plug, at least {@code vcpus}
     */
    public record Cpu(int vcpus, int maxVcpus) {}

    /**
     * The guest's memory in MiB.
     *
     * @param mib at start
     * @param maxMib reached by hot-plug, at least {@code mib}
     * @param backing where it comes from
     * @param growth what hot-plug plugs
     * @param nodes the guest's NUMA nodes, of which each has an equal part of the memory and of the
     *     virtual CPUs; empty: it has one, and memory from wherever there is any
     */
    public record Memory(
            int mib,
            int maxMib,
            MemoryBacking backing,
            MemoryGrowth growth,
            List<MemoryNode> nodes) {

        public Memory {
            nodes = List.copyOf(nodes);
        }

        /** Memory that grows and shrinks by one device. */
        public Memory(int mib, int maxMib, MemoryBacking backing) {
            this(mib, maxMib, backing, new MemoryGrowth.Device(), List.of());
        }
    }

    /**
     * A NUMA node of the guest.
     *
     * @param hosts numbers of the host's that its memory is taken from, and from no others; at
     *     least one
     */
    public record MemoryNode(List<Integer> hosts) {

        public MemoryNode {
            hosts = List.copyOf(hosts);
        }
    }

    /** What is plugged when a machine is to have more memory. */
    public sealed interface MemoryGrowth {

        /** A device whose size changes, up and down (virtio-mem); the guest needs its driver. */
        record Device() implements MemoryGrowth {}

        /**
         * Modules (DIMMs), which come by ACPI and stay.
         *
         * @param slots how many there may be, at least 0
         */
        record Modules(int slots) implements MemoryGrowth {}
    }

    /**
     * Devices beyond those that every VM has (console, RNG, the agent's transport).
     *
     * @param atStart those of the start, in the order in which the guest finds them
     * @param plugSlots places for network cards that are plugged while the guest runs, 0 to 16;
     *     each costs the boot some 10 ms under emulation
     * @param disks those that are plugged while the guest runs
     * @param shareSlot whether there is a place for a share that is plugged while the guest runs
     */
    public record Devices(
            List<VmDevice> atStart, int plugSlots, DiskPlan disks, boolean shareSlot) {

        /** Without a place for a share. */
        public Devices(List<VmDevice> atStart, int plugSlots, DiskPlan disks) {
            this(atStart, plugSlots, disks, false);
        }

        /** With places for network cards alone. */
        public Devices(List<VmDevice> atStart, int plugSlots) {
            this(atStart, plugSlots, DiskPlan.ofPlaces(0));
        }

        private boolean handsOver() {
            return plugSlots > 0 || disks.places().all() > 0 || shareSlot;
        }
    }

    /** True if the VMM may be handed something later that it cannot open itself. */
    public boolean handsOver() {
        return devices.handsOver() || debug().dump().isPresent();
    }

    /**
     * How the guest's code is executed. {@code AUTO}: KVM only where a probe guest really ran under
     * it, else TCG.
     */
    public enum Accelerator {
        AUTO,
        KVM,
        TCG
    }

    /** Where a guest's memory comes from, and when. */
    public enum MemoryBacking {
        /** Ordinary pages, each when the guest touches it first. */
        ON_TOUCH,
        /** Ordinary pages, all of them before the guest boots, or before it is given more. */
        PREALLOCATED,
        /** Huge pages of the host's default size, all of them as before. */
        HUGE_PAGES
    }

    /** Carrier of the agent's protocol. */
    public enum AgentTransport {
        VIRTIO_SERIAL,
        VSOCK,
        HYBRID_VSOCK
    }
}
