package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.ImageDevice;
import io.saya.qemu.args.Accel;
import io.saya.qemu.args.Append;
import io.saya.qemu.args.Argument;
import io.saya.qemu.args.Blockdev;
import io.saya.qemu.args.Chardev;
import io.saya.qemu.args.CommandLine;
import io.saya.qemu.args.Cpu;
import io.saya.qemu.args.Device;
import io.saya.qemu.args.Display;
import io.saya.qemu.args.FileSet;
import io.saya.qemu.args.Flag;
import io.saya.qemu.args.Initrd;
import io.saya.qemu.args.Kernel;
import io.saya.qemu.args.Machine;
import io.saya.qemu.args.Memory;
import io.saya.qemu.args.Mon;
import io.saya.qemu.args.Name;
import io.saya.qemu.args.Netdev;
import io.saya.qemu.args.Numa;
import io.saya.qemu.args.ObjectOption;
import io.saya.qemu.args.PciAddress;
import io.saya.qemu.args.Raw;
import io.saya.qemu.args.Sandbox;
import io.saya.qemu.args.Smp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a guest's machine is made of: turns a {@link VmSpec} into QEMU's command line. Used once.
 */
final class MachineArguments {
    private static final String MEMORY = "memory";
    private static final String SERIAL_BUS = "serial";
    private static final int PASSED_THROUGH_CHASSIS = 64;

    /** What Linux has memory in, and QEMU aligns it to at most. */
    private static final int SECTION_MIB = 128;

    private static final int HUGE_PAGE_MIB = 2;
    private static final long MEMORY_SECTION = (long) SECTION_MIB << 20;

    /** What no guest of ours uses is only something to attack. */
    private static final List<Machine.Option> NOT_USED =
            List.of(
                    new Machine.Option("smbus", "off"),
                    new Machine.Option("sata", "off"),
                    new Machine.Option("usb", "off"),
                    new Machine.Option("vmport", "off"),
                    new Machine.Option("i8042", "off"),
                    new Machine.Option("smm", "off"));

    /** Number 0 is kept for a console, 1 is the agent's; one more for whoever adds words. */
    private static final int SERIAL_PORTS = 3;

    private final VmSpec spec;
    private final List<Argument> arguments = new ArrayList<>();
    private final Optional<VmSpec.RootImage> image;
    private final ImageLayout imageLayout;
    private final PciSlots slots;
    private int fileSets;

    private MachineArguments(VmSpec spec) throws HypervisorFailure {
        this.spec = spec;
        this.image = spec.guest().image();
        this.imageLayout = image.isPresent() ? ImageLayout.of(image.get()) : ImageLayout.NONE;
        this.slots =
                new PciSlots(
                        spec.devices().plugSlots()
                                + spec.devices().disks().places().all()
                                + (PluggedMemory.wanted(spec) ? 1 : 0)
                                + (spec.devices().shareSlot() ? 1 : 0));
    }

    /**
     * The whole command line.
     *
     * @param guestCid the guest's vsock address, of use only with that transport
     */
    static CommandLine of(VmSpec spec, Execution execution, int guestCid) throws HypervisorFailure {
        return new MachineArguments(spec).build(execution, guestCid);
    }

    private CommandLine build(Execution execution, int guestCid) throws HypervisorFailure {
        addProcess();
        addBoard(execution);
        addAgentTransport(guestCid);
        addConsole();
        addRng();
        addImage();
        for (VmDevice device : spec.devices().atStart()) {
            addDevice(device);
        }
        addPorts();
        addDiskThreads();
        addKernel(execution);
        if (!spec.vmm().extraArguments().isEmpty()) {
            arguments.add(new Raw(spec.vmm().extraArguments()));
        }
        return new CommandLine(spec.vmm().binary(), arguments);
    }

    /** Places for what comes while the guest runs, from the end of the bus. */
    private void addPorts() {
        List<String> ports = new ArrayList<>();
        for (int number = 0; number < spec.devices().plugSlots(); number++) {
            ports.add(PluggedCards.port(number));
        }
        for (int number = 0; number < spec.devices().disks().places().all(); number++) {
            ports.add(PluggedDisks.port(number));
        }
        if (PluggedMemory.wanted(spec)) {
            ports.add(PluggedMemory.PORT);
        }
        if (spec.devices().shareSlot()) {
            ports.add(PluggedShare.PORT);
        }
        for (int number = 0; number < ports.size(); number++) {
            arguments.add(
                    new Device.PcieRootPort(
                            ports.get(number), number + 1, PciSlots.port(number), false));
        }
    }

    private void addDiskThreads() {
        if (spec.devices().disks().places().all() > 0) {
            for (int number = 0; number < spec.devices().disks().threads(); number++) {
                arguments.add(new ObjectOption.IoThread(PluggedDisks.thread(number)));
            }
        }
    }

    private void addProcess() {
        arguments.add(new Name(spec.vmm().sandboxId()));
        arguments.add(Flag.NODEFAULTS);
        arguments.add(Flag.NO_USER_CONFIG);
        arguments.add(new Display());
        arguments.add(Flag.NO_REBOOT);
        if (spec.debug().dump().isPresent()) {
            arguments.add(Flag.PANIC_PAUSES);
        }
        if (!spec.vmm().seccompSandbox().isEmpty()) {
            arguments.add(new Sandbox(spec.vmm().seccompSandbox()));
        }
        arguments.add(new Chardev.InheritedSocket(VmSockets.QMP, VmSockets.QMP));
        arguments.add(new Mon(VmSockets.QMP));
        if (spec.handsOver()) {
            arguments.add(new Chardev.InheritedSocket(VmSockets.HANDOVER, VmSockets.HANDOVER));
            arguments.add(new Mon(VmSockets.HANDOVER));
        }
        if (spec.debug().monitor().isPresent()) {
            String id = VmSockets.EXTRA_MONITOR;
            arguments.add(new Chardev.InheritedSocket(id, id));
            arguments.add(new Mon(id, spec.debug().monitor().get()));
        }
    }

    private void addBoard(Execution execution) throws HypervisorFailure {
        if (!spec.machine().type().equals("q35") && !spec.machine().type().startsWith("pc-q35-")) {
            throw new HypervisorFailure(
                    "machine type: "
                            + spec.machine().type()
                            + " (expected: q35 or pc-q35-VERSION)");
        }
        List<Machine.Option> options = new ArrayList<>(NOT_USED);
        if (imageIs(ImageDevice.NVDIMM)) {
            options.add(new Machine.Option("nvdimm", "on"));
        }
        boolean nodes = !spec.memory().nodes().isEmpty();
        arguments.add(
                new Machine(
                        spec.machine().type(),
                        nodes ? Optional.empty() : Optional.of(MEMORY),
                        options,
                        spec.machine().words()));
        arguments.add(execution.accel());
        arguments.add(new Cpu(execution.cpuModel(), spec.machine().cpuFeatures()));
        arguments.add(new Smp(spec.cpu().vcpus(), spec.cpu().maxVcpus()));
        arguments.add(
                new Memory(
                        spec.memory().mib(),
                        moduleSlots() + (imageIs(ImageDevice.NVDIMM) ? 1 : 0),
                        mostMib() + imageRoomMib()));
        if (nodes) {
            addNodes();
        } else {
            arguments.add(
                    new ObjectOption.MemoryBackendMemfd(
                            MEMORY, spec.memory().mib(), spec.memory().backing(), List.of()));
        }
        arguments.add(new Device.Pvpanic());
    }

    /**
     * NUMA nodes with equal parts of the memory, in whole huge pages but for the last. The virtual
     * CPUs go to them in turn, so that also those of a machine that grows are spread evenly.
     */
    private void addNodes() {
        List<VmSpec.MemoryNode> nodes = spec.memory().nodes();
        int part = spec.memory().mib() / nodes.size() / HUGE_PAGE_MIB * HUGE_PAGE_MIB;
        int left = spec.memory().mib();
        for (int node = 0; node < nodes.size(); node++) {
            int mib = node == nodes.size() - 1 ? left : part;
            left -= mib;
            arguments.add(
                    new ObjectOption.MemoryBackendMemfd(
                            MEMORY + node, mib, spec.memory().backing(), nodes.get(node).hosts()));
            arguments.add(new Numa.Node(node, MEMORY + node));
        }
        for (int cpu = 0; cpu < spec.cpu().maxVcpus(); cpu++) {
            arguments.add(new Numa.Cpu(cpu % nodes.size(), cpu));
        }
    }

    private int moduleSlots() {
        return spec.memory().growth() instanceof VmSpec.MemoryGrowth.Modules(int slots) ? slots : 0;
    }

    private boolean imageIs(ImageDevice device) {
        return image.isPresent() && image.get().device() == device;
    }

    private int mostMib() {
        return PluggedMemory.wanted(spec)
                ? spec.memory().mib() + PluggedMemory.roomMib(spec.memory())
                : spec.memory().maxMib();
    }

    /** The addresses that an image takes which is memory, with what its place may be moved by. */
    private int imageRoomMib() {
        return image.isEmpty() || imageIs(ImageDevice.DISK)
                ? 0
                : (int) Math.ceilDiv(imageLayout.bytes(), MEMORY_SECTION) * SECTION_MIB
                        + SECTION_MIB;
    }

    private void addConsole() {
        arguments.add(new Chardev.AwaitedSocket(VmSockets.CONSOLE, VmSockets.CONSOLE));
        arguments.add(new Device.IsaSerial(VmSockets.CONSOLE));
    }

    private void addAgentTransport(int guestCid) {
        switch (spec.agentTransport()) {
            case VIRTIO_SERIAL -> {
                arguments.add(new Chardev.InheritedSocket(VmSockets.AGENT, VmSockets.AGENT));
                arguments.add(
                        new Device.VirtioSerialPci(SERIAL_BUS, SERIAL_PORTS, PciSlots.SERIAL));
                arguments.add(
                        new Device.VirtSerialPort(
                                SERIAL_BUS, 1, VmSockets.AGENT, "agent.channel.0"));
            }
            case VSOCK ->
                    arguments.add(
                            new Device.VhostVsockPci(
                                    "vsock", VmDescriptors.VHOST_VSOCK, guestCid, PciSlots.VSOCK));
            case HYBRID_VSOCK -> {
                arguments.add(new Chardev.InheritedConnection("vsock", VmDescriptors.VSOCK_DAEMON));
                arguments.add(new Device.VhostUserVsockPci("vsock-dev", "vsock", PciSlots.VSOCK));
            }
        }
    }

    private void addRng() {
        Path source = spec.machine().entropySource();
        if (!source.equals(VmSpec.Machine.URANDOM)) {
            // Such as /dev/hwrng, which is root's.
            FileSet opened = new FileSet(VmDescriptors.ENTROPY, ++fileSets, source);
            arguments.add(opened);
            source = opened.name();
        }
        arguments.add(new ObjectOption.RngRandom("rng", source));
        arguments.add(new Device.VirtioRngPci("rng-dev", "rng", PciSlots.RNG));
    }

    private void addImage() {
        if (image.isEmpty()) {
            return;
        }
        Path path = image.get().path();
        switch (image.get().device()) {
            case DISK -> addDisk(VmDescriptors.IMAGE, path, true, PciSlots.ROOT_IMAGE);
            case NVDIMM -> {
                addImageMemory(path);
                arguments.add(new Device.Nvdimm("image-dev", VmDescriptors.IMAGE));
            }
            case PMEM -> {
                addImageMemory(path);
                arguments.add(
                        new Device.VirtioPmemPci(
                                "image-dev", VmDescriptors.IMAGE, PciSlots.ROOT_IMAGE));
            }
        }
    }

    private void addImageMemory(Path path) {
        arguments.add(
                new ObjectOption.MemoryBackendReadOnlyFile(
                        VmDescriptors.IMAGE, path, imageLayout.bytes()));
    }

    private void addDevice(VmDevice device) throws HypervisorFailure {
        switch (device) {
            case VmDevice.VirtioFs fs -> {
                String id = "fs-" + fs.tag();
                arguments.add(new Chardev.InheritedConnection(id, VmDescriptors.share(fs)));
                arguments.add(
                        new Device.VhostUserFsPci(
                                id + "-dev",
                                id,
                                fs.tag(),
                                fs.queueSize(),
                                fs.cacheMib(),
                                slots.take(id)));
            }
            case VmDevice.Balloon() ->
                    arguments.add(new Device.VirtioBalloonPci("balloon", slots.take("balloon")));
            case VmDevice.Block(String id, Path path, boolean readOnly, var _) ->
                    addDisk(id, path, readOnly, slots.take(id));
            case VmDevice.Network network -> {
                String id = "net-" + network.id();
                arguments.add(
                        new Netdev(
                                id, VmDescriptors.taps(network), VmDescriptors.vhostNets(network)));
                arguments.add(
                        new Device.VirtioNetPci(
                                id + "-dev",
                                id,
                                network.macAddress(),
                                network.queues(),
                                slots.take(id)));
            }
            case VmDevice.HostPci(String id, String address) -> {
                PciAddress place = slots.take(id);
                // Behind those of the ports for cards that come later.
                int chassis = PASSED_THROUGH_CHASSIS + place.slot();
                arguments.add(new Device.PcieRootPort("port-" + id, chassis, place, true));
                arguments.add(new Device.VfioPci("host-" + id, address, "port-" + id));
            }
        }
    }

    private void addDisk(String id, Path path, boolean readOnly, PciAddress address) {
        arguments.add(
                new Blockdev(
                        "disk-" + id,
                        VmDescriptors.disk(id),
                        ++fileSets,
                        path,
                        !Files.isRegularFile(path),
                        readOnly));
        arguments.add(new Device.VirtioBlkPci("disk-" + id + "-dev", "disk-" + id, id, address));
    }

    private void addKernel(Execution execution) throws HypervisorFailure {
        arguments.add(new Kernel(spec.guest().kernel()));
        Optional<Path> initrd = spec.guest().initrd();
        if (initrd.isPresent()) {
            arguments.add(new Initrd(initrd.get()));
        }
        arguments.add(
                new Append(
                        KernelCommandLine.of(
                                spec, execution.accel(), execution.clock(), imageLayout)));
    }

    /**
     * Says what executes the guest's code, and as what kind of processor.
     *
     * @param cpuModel in the syntax of {@code -cpu}
     * @param clock what the guest is told about its clock, {@link GuestClock}
     */
    record Execution(Accel accel, String cpuModel, String clock) {}
}
