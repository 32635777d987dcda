package io.saya.guest;

import io.saya.agent.AgentLog;
import io.saya.agent.PortShell;
import io.saya.config.AgentConfig;
import io.saya.config.DebugConfig;
import io.saya.config.DiskConfig;
import io.saya.config.GuestConfig;
import io.saya.config.GuestExtension;
import io.saya.config.HypervisorConfig;
import io.saya.config.MachineConfig;
import io.saya.config.MemoryConfig;
import io.saya.config.RootImage;
import io.saya.config.RuntimeConfig;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.DiskPlan;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.Accelerator;
import io.saya.hypervisor.VmSpec.AgentTransport;
import io.saya.hypervisor.VmSpec.MemoryBacking;
import io.saya.resources.GuestSwap;
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

    /**
     * What an image with systemd, as Kata's are, needs to start the agent and nothing beside it.
     * Who is no systemd takes no notice.
     */
    private static final List<String> SYSTEMD =
            List.of(
                    "systemd.unit=kata-containers.target",
                    "systemd.mask=systemd-networkd.service",
                    "systemd.mask=systemd-networkd.socket");

    static VmSpec of(
            SandboxIdentity identity,
            RuntimeConfig config,
            MachineSize size,
            Path shareSocket,
            NetworkPlace place,
            SandboxNetwork network)
            throws HypervisorFailure {
        HypervisorConfig hypervisor = config.hypervisor();
        List<VmDevice> devices = new ArrayList<>();
        devices.add(
                new VmDevice.VirtioFs(
                        SharedDirectory.TAG,
                        shareSocket,
                        hypervisor.sharedFs().queueSize(),
                        hypervisor.sharedFs().cacheSizeMib()));
        devices.addAll(network.cards());
        devices.addAll(extensions(hypervisor.guest()));
        devices.addAll(InitData.disk(config.agent().given().initData(), identity.runDirectory()));
        if (givesFreedBack(hypervisor.memory())) {
            devices.add(new VmDevice.Balloon());
        }
        return new VmSpec(
                new VmSpec.Vmm(
                        identity.id(),
                        identity.runDirectory(),
                        hypervisor.vmm().path(),
                        place.vmm(),
                        hypervisor.machine().seccompSandbox(),
                        List.of(),
                        debug(hypervisor.vmm().debug())),
                new VmSpec.Guest(
                        hypervisor.guest().kernel(),
                        hypervisor.guest().initrd(),
                        hypervisor.guest().image().map(VmPlan::image),
                        kernelParameters(config),
                        hypervisor.guest().shipped()
                                ? AgentEndpoint.Agents.DEFAULT
                                : AgentEndpoint.Agents.ANY),
                new VmSpec.Machine(
                        hypervisor.machine().machineType(),
                        accelerator(hypervisor.machine()),
                        hypervisor.machine().words(),
                        hypervisor.machine().cpuFeatures(),
                        hypervisor.machine().entropySource()),
                cpu(config, size),
                memory(config, size),
                transport(config.agent()),
                new VmSpec.Devices(
                        devices,
                        network.plugSlots(place),
                        diskPlan(hypervisor.machine().disks(), hypervisor.memory())));
    }

    static VmSpec.Debug debug(DebugConfig debug) {
        return new VmSpec.Debug(
                debug.verbose(),
                debug.monitor()
                        .map(
                                monitor ->
                                        switch (monitor) {
                                            case HMP -> VmSpec.Monitor.HMP;
                                            case QMP -> VmSpec.Monitor.QMP;
                                            case QMP_PRETTY -> VmSpec.Monitor.QMP_PRETTY;
                                        }),
                debug.dump().map(dump -> new VmSpec.MemoryDump(dump.directory(), dump.paging())));
    }

    private static DiskPlan diskPlan(DiskConfig disks, MemoryConfig memory) {
        return new DiskPlan(
                new DiskPlan.Places(disks.places(), memory.swap().enabled() ? GuestSwap.PLACES : 0),
                disks.threads(),
                disks.aio(),
                new DiskPlan.Cache(disks.cache().direct(), disks.cache().noFlush()),
                new DiskPlan.Sectors(disks.sectors().logical(), disks.sectors().physical()),
                new DiskPlan.Queues(disks.queues().count(), disks.queues().entries()));
    }

    /**
     * True if memory that the guest frees goes back to the host. What was taken ahead is not to: it
     * might not be there again.
     */
    static boolean givesFreedBack(MemoryConfig memory) {
        return memory.reclaimFreed() && backing(memory) == MemoryBacking.ON_TOUCH;
    }

    /** Disks, by whose serial the guest knows them. */
    static List<VmDevice> extensions(GuestConfig guest) {
        List<VmDevice> disks = new ArrayList<>();
        for (GuestExtension extension : guest.extensions()) {
            disks.add(new VmDevice.Block("extension-" + extension.name(), extension.path(), true));
        }
        return disks;
    }

    private static VmSpec.RootImage image(RootImage image) {
        return new VmSpec.RootImage(
                image.path(),
                switch (image.device()) {
                    case DISK -> VmSpec.ImageDevice.DISK;
                    case NVDIMM -> VmSpec.ImageDevice.NVDIMM;
                    case PMEM -> VmSpec.ImageDevice.PMEM;
                },
                image.fileSystem(),
                image.verity()
                        .map(
                                verity ->
                                        new VmSpec.Verity(
                                                verity.rootHash(),
                                                verity.salt(),
                                                verity.dataBlocks(),
                                                verity.dataBlockSize(),
                                                verity.hashBlockSize())));
    }

    private static VmSpec.Cpu cpu(RuntimeConfig config, MachineSize size) {
        return new VmSpec.Cpu(
                size.vcpus(),
                config.runtime().staticSandboxResourceManagement()
                        ? size.vcpus()
                        : Math.max(size.vcpus(), config.hypervisor().cpu().maxVcpus()));
    }

    private static VmSpec.Memory memory(RuntimeConfig config, MachineSize size)
            throws HypervisorFailure {
        MemoryConfig.Numa numa = config.hypervisor().memory().source().numa();
        return new VmSpec.Memory(
                size.memoryMib(),
                config.runtime().staticSandboxResourceManagement()
                        ? size.memoryMib()
                        : Math.clamp(
                                config.hypervisor().memory().maxMib(), size.memoryMib(), MOST_MIB),
                backing(config.hypervisor().memory()),
                config.hypervisor().memory().plugging().virtioMem()
                        ? new VmSpec.MemoryGrowth.Device()
                        : new VmSpec.MemoryGrowth.Modules(
                                config.hypervisor().memory().plugging().slots()),
                numa.enabled() ? HostNodes.ofHost().guests(numa, size.memoryMib()) : List.of());
    }

    private static MemoryBacking backing(MemoryConfig memory) {
        if (memory.source().hugePages()) {
            return MemoryBacking.HUGE_PAGES;
        }
        return memory.source().preallocate() ? MemoryBacking.PREALLOCATED : MemoryBacking.ON_TOUCH;
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

    /**
     * True if the agent's spans have a way out. Agents of Kata's connect to port 10240 of the
     * host's vsock, where Kata's trace forwarder listens, a daemon of the node. The default guest's
     * agent has no spans.
     */
    private static boolean traces(RuntimeConfig config) {
        return config.agent().tracing()
                && config.agent().transport() == AgentConfig.Transport.VSOCK
                && !config.hypervisor().guest().shipped();
    }

    /** The words for the guest's kernel, and what starts in it, in the order in which they win. */
    static List<String> kernelParameters(RuntimeConfig config) {
        List<String> parameters = new ArrayList<>();
        if (config.hypervisor().guest().image().isPresent()) {
            parameters.addAll(SYSTEMD);
            boolean verbose = config.hypervisor().vmm().debug().verbose();
            parameters.add("systemd.show_status=" + (verbose || config.agent().enableDebug()));
            if (verbose) {
                parameters.add("systemd.log_level=debug");
            }
        }
        if (!config.hypervisor().guest().shipped()) {
            // No labels are sent (disable_guest_selinux); a policy of the image's own would
            // confine containers by the agent's label.
            parameters.add("selinux=0");
            parameters.add(
                    "agent.use_vsock="
                            + (transport(config.agent()) != AgentTransport.VIRTIO_SERIAL));
        }
        parameters.addAll(config.agent().given().kernelWords());
        if (config.logsByVsock()) {
            parameters.add("agent.log_vport=" + AgentLog.PORT);
        }
        if (traces(config)) {
            parameters.add("agent.trace=true");
        }
        if (config.agent().debugConsole()) {
            // Without a port on the guest's console. There 'saya exec' looks for it.
            parameters.add("agent.debug_console");
            if (transport(config.agent()) != AgentTransport.VIRTIO_SERIAL) {
                parameters.add("agent.debug_console_vport=" + PortShell.PORT);
            }
        }
        parameters.addAll(config.hypervisor().guest().kernelParameters());
        for (GuestExtension extension : config.hypervisor().guest().extensions()) {
            // Without data too: it is by this word that the guest mounts it.
            parameters.add(
                    "kata.extension."
                            + extension.name()
                            + ".verity_params"
                            + (extension.verityParams().isEmpty()
                                    ? ""
                                    : "=" + extension.verityParams()));
        }
        return parameters;
    }
}
