package io.saya.config.load;

import io.saya.config.AgentConfig;
import io.saya.config.CpuConfig;
import io.saya.config.DebugConfig;
import io.saya.config.DiskConfig;
import io.saya.config.FactoryConfig;
import io.saya.config.GuestConfig;
import io.saya.config.HostSize;
import io.saya.config.HypervisorConfig;
import io.saya.config.MachineConfig;
import io.saya.config.MemoryConfig;
import io.saya.config.NetworkDeviceConfig;
import io.saya.config.RootImage;
import io.saya.config.RootImage.Verity;
import io.saya.config.RuntimeConfig;
import io.saya.config.RuntimeSettings;
import io.saya.config.SharedFsConfig;
import io.saya.config.TracingConfig;
import io.saya.config.VmmConfig;
import io.saya.config.option.AgentOptions;
import io.saya.config.option.DeviceOptions;
import io.saya.config.option.FactoryOptions;
import io.saya.config.option.MachineNameType;
import io.saya.config.option.Option;
import io.saya.config.option.RuntimeOptions;
import io.saya.config.option.SizeOptions;
import io.saya.config.option.StorageOptions;
import io.saya.config.option.VmOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Makes, of checked values, the records that the runtime works with. */
final class RuntimeConfigAssembly {

    /** Roots of a pause container and some others; each costs a boot a three hundredth. */
    private static final int DISK_PLACES = 8;

    /** Features of a processor without which a guest has no guests of its own. */
    private static final String NOT_NESTED = "vmx=off,svm=off";

    private final EffectiveConfig values;
    private final HostSize host;

    private RuntimeConfigAssembly(EffectiveConfig values, HostSize host) {
        this.values = values;
        this.host = host;
    }

    static RuntimeConfig assemble(EffectiveConfig values, HostSize host) {
        RuntimeConfigAssembly assembly = new RuntimeConfigAssembly(values, host);
        return new RuntimeConfig(
                assembly.hypervisor(), assembly.agent(), assembly.runtime(), assembly.factory());
    }

    private HypervisorConfig hypervisor() {
        return new HypervisorConfig(
                new VmmConfig(values.value(VmOptions.PATH), debug()),
                guest(),
                machine(),
                cpu(),
                memory(),
                sharedFs(),
                new NetworkDeviceConfig(
                        values.value(DeviceOptions.DISABLE_VHOST_NET),
                        values.value(DeviceOptions.RX_RATE_LIMITER_MAX_RATE),
                        values.value(DeviceOptions.TX_RATE_LIMITER_MAX_RATE),
                        number(DeviceOptions.NETWORK_QUEUES),
                        values.value(DeviceOptions.COLD_PLUG_VFIO)));
    }

    private DebugConfig debug() {
        boolean verbose = values.value(DeviceOptions.ENABLE_DEBUG);
        return new DebugConfig(
                verbose,
                verbose
                        ? monitor(values.value(DeviceOptions.EXTRA_MONITOR_SOCKET))
                        : Optional.empty(),
                path(DeviceOptions.GUEST_MEMORY_DUMP_PATH)
                        .map(
                                directory ->
                                        new DebugConfig.MemoryDump(
                                                directory,
                                                values.value(
                                                        DeviceOptions.GUEST_MEMORY_DUMP_PAGING))));
    }

    private static Optional<DebugConfig.Monitor> monitor(String written) {
        return switch (written) {
            case "hmp" -> Optional.of(DebugConfig.Monitor.HMP);
            case "qmp" -> Optional.of(DebugConfig.Monitor.QMP);
            case "qmp-pretty" -> Optional.of(DebugConfig.Monitor.QMP_PRETTY);
            default -> Optional.empty();
        };
    }

    private GuestConfig guest() {
        return new GuestConfig(
                values.value(VmOptions.KERNEL),
                path(VmOptions.IMAGE).map(this::image),
                path(VmOptions.INITRD),
                KernelParameters.split(values.value(VmOptions.KERNEL_PARAMS)),
                values.value(VmOptions.GUEST_HOOK_PATH),
                values.value(StorageOptions.GUEST_EXTENSION_IMAGES),
                new TransportChoice(values).isDefaultGuest());
    }

    private RootImage image(Path path) {
        String verity = values.value(VmOptions.KERNEL_VERITY_PARAMS);
        return new RootImage(
                path,
                values.value(StorageOptions.DISABLE_IMAGE_NVDIMM)
                        ? values.value(StorageOptions.VM_ROOTFS_DRIVER)
                        : RootImage.Device.NVDIMM,
                values.value(VmOptions.ROOTFS_TYPE),
                verity.isEmpty() ? Optional.empty() : Optional.of(Verity.parse(verity)));
    }

    private MachineConfig machine() {
        return new MachineConfig(
                machineType(),
                values.value(VmOptions.ACCELERATOR),
                values.value(VmOptions.MACHINE_ACCELERATORS),
                cpuFeatures(),
                values.value(VmOptions.ENTROPY_SOURCE),
                seccompSandbox(values.value(VmOptions.SECCOMP_SANDBOX)),
                disks());
    }

    private String machineType() {
        String type = values.value(VmOptions.MACHINE_TYPE);
        return type.equals(MachineNameType.WITHOUT_PCIE) ? MachineNameType.NEWEST : type;
    }

    /** A model that has none of them takes no notice. */
    private String cpuFeatures() {
        String features = values.value(VmOptions.CPU_FEATURES);
        if (!values.value(SizeOptions.DISABLE_NESTED_VIRTUALIZATION)) {
            return features;
        }
        return features.isEmpty() ? NOT_NESTED : features + "," + NOT_NESTED;
    }

    private DiskConfig disks() {
        boolean cacheSet = values.value(StorageOptions.BLOCK_DEVICE_CACHE_SET);
        return new DiskConfig(
                diskPlaces(),
                diskThreads(),
                values.value(StorageOptions.BLOCK_DEVICE_AIO),
                new DiskConfig.Cache(
                        cacheSet && values.value(StorageOptions.BLOCK_DEVICE_CACHE_DIRECT),
                        cacheSet && values.value(StorageOptions.BLOCK_DEVICE_CACHE_NOFLUSH)),
                new DiskConfig.Sectors(
                        number(StorageOptions.BLOCK_DEVICE_LOGICAL_SECTOR_SIZE),
                        number(StorageOptions.BLOCK_DEVICE_PHYSICAL_SECTOR_SIZE)),
                new DiskConfig.Queues(
                        number(StorageOptions.NUM_QUEUES), number(StorageOptions.QUEUE_SIZE)));
    }

    private int diskPlaces() {
        if (values.value(StorageOptions.DISABLE_BLOCK_DEVICE_USE)) {
            return 0;
        }
        int wanted = number(DeviceOptions.PCIE_ROOT_PORT);
        return wanted == 0 ? DISK_PLACES : wanted;
    }

    private int diskThreads() {
        int independent = number(StorageOptions.INDEP_IOTHREADS);
        return independent == 0 && values.value(StorageOptions.ENABLE_IOTHREADS) ? 1 : independent;
    }

    /** Kata's shipped files have it empty; QEMU is not to be the weaker for that. */
    private static String seccompSandbox(String written) {
        return switch (written) {
            case "" -> VmOptions.SECCOMP_SANDBOX_DEFAULT;
            case VmOptions.SECCOMP_SANDBOX_OFF -> "";
            default -> written;
        };
    }

    private CpuConfig cpu() {
        int available = Math.min(CpuConfig.CEILING, host.cpus());
        double wanted = values.value(SizeOptions.DEFAULT_VCPUS);
        double vcpus = wanted == 0 ? 1 : wanted < 0 ? available : Math.min(wanted, available);
        long maxWanted = values.value(SizeOptions.DEFAULT_MAXVCPUS);
        int ceiling = maxWanted == 0 ? available : (int) Math.min(maxWanted, available);
        return new CpuConfig(
                vcpus,
                Math.max(ceiling, (int) Math.ceil(vcpus)),
                values.value(SizeOptions.OVERHEAD_VCPUS));
    }

    private MemoryConfig memory() {
        int memory = number(SizeOptions.DEFAULT_MEMORY);
        int maxWanted = number(SizeOptions.DEFAULT_MAXMEMORY);
        int ceiling = maxWanted == 0 ? host.memoryMib() : Math.min(maxWanted, host.memoryMib());
        return new MemoryConfig(
                memory,
                Math.max(ceiling, memory),
                number(SizeOptions.OVERHEAD_MEMORY),
                new MemoryConfig.Source(
                        values.value(SizeOptions.ENABLE_MEM_PREALLOC),
                        values.value(SizeOptions.ENABLE_HUGEPAGES),
                        new MemoryConfig.Numa(
                                values.value(SizeOptions.ENABLE_NUMA),
                                values.value(SizeOptions.NUMA_MAPPING))),
                values.value(SizeOptions.RECLAIM_GUEST_FREED_MEMORY),
                new MemoryConfig.Swap(
                        values.value(SizeOptions.ENABLE_GUEST_SWAP),
                        values.value(SizeOptions.GUEST_SWAP_PATH),
                        number(SizeOptions.GUEST_SWAP_SIZE_PERCENT)),
                new MemoryConfig.Plugging(
                        values.value(SizeOptions.ENABLE_VIRTIO_MEM)
                                || new TransportChoice(values).isDefaultGuest(),
                        number(SizeOptions.MEMORY_SLOTS)));
    }

    private SharedFsConfig sharedFs() {
        return new SharedFsConfig(
                values.value(StorageOptions.VIRTIO_FS_DAEMON),
                values.value(StorageOptions.VIRTIO_FS_CACHE),
                number(StorageOptions.VIRTIO_FS_CACHE_SIZE),
                number(StorageOptions.VIRTIO_FS_QUEUE_SIZE),
                values.value(StorageOptions.ROOTFS_UPPER),
                values.value(StorageOptions.VIRTIO_FS_EXTRA_ARGS));
    }

    private AgentConfig agent() {
        return new AgentConfig(
                new TransportChoice(values).transport(),
                path(AgentOptions.VSOCK_DAEMON),
                values.value(AgentOptions.ENABLE_DEBUG),
                values.value(AgentOptions.ENABLE_TRACING),
                values.value(AgentOptions.DEBUG_CONSOLE_ENABLED),
                new AgentConfig.Given(
                        AgentWords.of(values),
                        values.value(AgentOptions.KERNEL_MODULES),
                        values.value(AgentOptions.POLICY),
                        values.value(DeviceOptions.INITDATA)),
                new AgentConfig.Timeouts(
                        values.value(AgentOptions.DIAL_TIMEOUT),
                        values.value(RuntimeOptions.CREATE_CONTAINER_TIMEOUT),
                        values.value(AgentOptions.HEALTH_CHECK_TIMEOUT)));
    }

    private RuntimeSettings runtime() {
        return new RuntimeSettings(
                new RuntimeSettings.Daemon(
                        values.value(RuntimeOptions.ENABLE_DEBUG),
                        number(RuntimeOptions.DAEMON_RESTARTS),
                        values.value(RuntimeOptions.KEEP_ABNORMAL)),
                new RuntimeSettings.Network(
                        values.value(RuntimeOptions.INTERNETWORKING_MODEL),
                        values.value(RuntimeOptions.DISABLE_NEW_NETNS),
                        values.value(RuntimeOptions.DAN_CONF)),
                values.value(RuntimeOptions.SANDBOX_CGROUP_ONLY),
                values.value(RuntimeOptions.STATIC_SANDBOX_RESOURCE_MGMT),
                values.value(RuntimeOptions.ENABLE_VCPUS_PINNING),
                new RuntimeSettings.Containers(
                        values.value(RuntimeOptions.DISABLE_GUEST_SECCOMP),
                        values.value(RuntimeOptions.EMPTYDIR_MODE),
                        values.value(RuntimeOptions.FORWARD_SOCKETS)
                                ? values.value(RuntimeOptions.VALID_SOCKET_PATHS)
                                : List.of()),
                new TracingConfig(
                        values.value(RuntimeOptions.ENABLE_TRACING),
                        values.value(RuntimeOptions.JAEGER_ENDPOINT),
                        values.value(RuntimeOptions.JAEGER_USER),
                        values.value(RuntimeOptions.JAEGER_PASSWORD)));
    }

    private FactoryConfig factory() {
        return new FactoryConfig(
                values.value(FactoryOptions.ENABLE_TEMPLATE),
                values.value(FactoryOptions.TEMPLATE_PATH));
    }

    /** The ranges of the table keep these within an int. */
    private int number(Option<Long> option) {
        return Math.toIntExact(values.value(option));
    }

    private Optional<Path> path(Option<Path> option) {
        Path path = values.value(option);
        return path.toString().isEmpty() ? Optional.empty() : Optional.of(path);
    }
}
