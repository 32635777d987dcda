package io.saya.config.load;

import io.saya.config.AgentConfig.Transport;
import io.saya.config.RuntimeSettings.InternetworkingModel;
import io.saya.config.option.AgentOptions;
import io.saya.config.option.DeviceOptions;
import io.saya.config.option.MachineNameType;
import io.saya.config.option.Option;
import io.saya.config.option.RuntimeOptions;
import io.saya.config.option.SizeOptions;
import io.saya.config.option.StorageOptions;
import io.saya.config.option.VmOptions;
import java.util.List;

/** Values that are right by themselves and wrong together. */
final class Contradictions {

    /** The directory in which QEMU up to version 7 installs its own virtiofsd. */
    private static final String VIRTIOFSD_IN_C = "/usr/lib/qemu";

    private final EffectiveConfig config;
    private final Problems problems;

    private Contradictions(EffectiveConfig config, Problems problems) {
        this.config = config;
        this.problems = problems;
    }

    static void check(EffectiveConfig config, Problems problems) {
        Contradictions check = new Contradictions(config, problems);
        check.guest();
        check.machine();
        check.size();
        check.initData();
        check.tracing();
        check.storage();
        check.network();
    }

    private void guest() {
        if (config.isSet(VmOptions.IMAGE)
                && !Defaults.isMissing(config, VmOptions.IMAGE)
                && !Defaults.isMissing(config, VmOptions.INITRD)) {
            error(
                    VmOptions.IMAGE,
                    VmOptions.INITRD,
                    "a VM boots an image or an initrd, not both; remove one of the two");
        }
        boolean ownKernel =
                config.isSet(VmOptions.KERNEL) && !Defaults.isMissing(config, VmOptions.KERNEL);
        boolean ownRoot = config.isSet(VmOptions.IMAGE) || config.isSet(VmOptions.INITRD);
        if (ownKernel && !ownRoot) {
            problems.warning(
                    config.setting(VmOptions.KERNEL).origin().asSource(),
                    config.setting(VmOptions.KERNEL)
                            + " is booted with the installation's initrd, whose modules are for"
                            + " the installation's kernel; name an image or an initrd as well");
        }
    }

    private void machine() {
        if (config.value(VmOptions.MACHINE_TYPE).equals(MachineNameType.WITHOUT_PCIE)) {
            warning(
                    VmOptions.MACHINE_TYPE,
                    "stands for \"q35\": pc has no PCIe, which every device here is on");
        }
    }

    private void initData() {
        if (!config.value(DeviceOptions.INITDATA).isEmpty()
                && new TransportChoice(config).isDefaultGuest()) {
            error(
                    DeviceOptions.INITDATA,
                    VmOptions.INITRD,
                    "the default guest has no components that read init data");
        }
    }

    private void tracing() {
        if (!config.value(AgentOptions.ENABLE_TRACING)) {
            return;
        }
        TransportChoice choice = new TransportChoice(config);
        if (choice.isDefaultGuest()) {
            warning(AgentOptions.ENABLE_TRACING, "has no effect: the default guest has no spans");
        } else if (choice.transport() != Transport.VSOCK) {
            warning(
                    AgentOptions.ENABLE_TRACING,
                    "has no effect: agents send their spans to the host's vsock, and this guest is"
                            + " reached by another transport");
        }
    }

    private void size() {
        double vcpus = config.value(SizeOptions.DEFAULT_VCPUS);
        long maxVcpus = config.value(SizeOptions.DEFAULT_MAXVCPUS);
        if (maxVcpus > 0 && vcpus > maxVcpus) {
            error(
                    SizeOptions.DEFAULT_MAXVCPUS,
                    SizeOptions.DEFAULT_VCPUS,
                    "the ceiling is below what the VM boots with; raise it, or write 0 for as many"
                            + " as the host has");
        }
        long memory = config.value(SizeOptions.DEFAULT_MEMORY);
        long maxMemory = config.value(SizeOptions.DEFAULT_MAXMEMORY);
        if (maxMemory > 0 && memory > maxMemory) {
            error(
                    SizeOptions.DEFAULT_MAXMEMORY,
                    SizeOptions.DEFAULT_MEMORY,
                    "the ceiling is below what the VM boots with; raise it, or write 0 for as much"
                            + " as the host has");
        }
    }

    private void storage() {
        long logical = config.value(StorageOptions.BLOCK_DEVICE_LOGICAL_SECTOR_SIZE);
        long physical = config.value(StorageOptions.BLOCK_DEVICE_PHYSICAL_SECTOR_SIZE);
        if (physical > 0 && physical < logical) {
            error(
                    StorageOptions.BLOCK_DEVICE_PHYSICAL_SECTOR_SIZE,
                    StorageOptions.BLOCK_DEVICE_LOGICAL_SECTOR_SIZE,
                    "a physical sector is at least as large as a logical one");
        }
        for (Option<Boolean> option :
                List.of(
                        StorageOptions.BLOCK_DEVICE_CACHE_DIRECT,
                        StorageOptions.BLOCK_DEVICE_CACHE_NOFLUSH)) {
            if (config.value(option) && !config.value(StorageOptions.BLOCK_DEVICE_CACHE_SET)) {
                warning(option, "has no effect without block_device_cache_set = true");
            }
        }
        if ("metadata".equals(config.value(StorageOptions.VIRTIO_FS_CACHE))
                && config.value(StorageOptions.VIRTIO_FS_DAEMON).startsWith(VIRTIOFSD_IN_C)) {
            error(
                    StorageOptions.VIRTIO_FS_CACHE,
                    StorageOptions.VIRTIO_FS_DAEMON,
                    "QEMU's own virtiofsd has no such mode; write \"auto\", or install the one"
                            + " in Rust");
        }
        if (config.value(StorageOptions.VIRTIO_FS_CACHE_SIZE) > 0
                && "never".equals(config.value(StorageOptions.VIRTIO_FS_CACHE))) {
            warning(
                    StorageOptions.VIRTIO_FS_CACHE_SIZE,
                    "has no effect while virtio_fs_cache is \"never\"");
        }
        if (config.value(DeviceOptions.PCIE_ROOT_PORT) > 0
                && config.value(StorageOptions.DISABLE_BLOCK_DEVICE_USE)) {
            warning(
                    DeviceOptions.PCIE_ROOT_PORT,
                    "has no effect without disable_block_device_use = false");
        }
        remoteLocks();
    }

    /**
     * The words that pass a guest's locks on to the host. virtiofsd answers a lock that has to wait
     * with EOPNOTSUPP, so that programs fail which work with locks of the guest's own kernel.
     */
    private void remoteLocks() {
        Setting<?> setting = config.setting(StorageOptions.VIRTIO_FS_EXTRA_ARGS);
        for (String argument : config.value(StorageOptions.VIRTIO_FS_EXTRA_ARGS)) {
            String words = argument.startsWith("-o") ? argument.substring(2) : argument;
            for (String word : words.split(",", -1)) {
                if (word.equals("flock") || word.equals("posix_lock")) {
                    problems.error(
                            setting.origin().asSource(),
                            setting
                                    + ": with \""
                                    + word
                                    + "\" virtiofsd refuses each lock that has to wait"
                                    + " (EOPNOTSUPP), so databases fail; leave it out: files are"
                                    + " locked within one pod then");
                    return;
                }
            }
        }
    }

    private void network() {
        if (config.value(RuntimeOptions.DISABLE_NEW_NETNS)
                && config.value(RuntimeOptions.INTERNETWORKING_MODEL)
                        != InternetworkingModel.NONE) {
            error(
                    RuntimeOptions.DISABLE_NEW_NETNS,
                    RuntimeOptions.INTERNETWORKING_MODEL,
                    "in the host's network namespace nothing may be joined; write"
                            + " internetworking_model = \"none\"");
        }
        if (!config.setting(DeviceOptions.HOT_PLUG_VFIO)
                        .option()
                        .isNeutral(config.value(DeviceOptions.HOT_PLUG_VFIO))
                && !config.setting(DeviceOptions.COLD_PLUG_VFIO)
                        .option()
                        .isNeutral(config.value(DeviceOptions.COLD_PLUG_VFIO))) {
            error(
                    DeviceOptions.HOT_PLUG_VFIO,
                    DeviceOptions.COLD_PLUG_VFIO,
                    "a device is plugged before boot or later, not both; write \"no-port\" for one"
                            + " of the two");
        }
        if (!config.value(DeviceOptions.EXTRA_MONITOR_SOCKET).isEmpty()
                && !config.value(DeviceOptions.ENABLE_DEBUG)) {
            warning(
                    DeviceOptions.EXTRA_MONITOR_SOCKET,
                    "has no effect without enable_debug = true");
        }
        if (config.value(DeviceOptions.GUEST_MEMORY_DUMP_PAGING)
                && Defaults.isMissing(config, DeviceOptions.GUEST_MEMORY_DUMP_PATH)) {
            warning(
                    DeviceOptions.GUEST_MEMORY_DUMP_PAGING,
                    "has no effect without guest_memory_dump_path");
        }
    }

    /** Reported where the first of the two stands, or the other if the first is a default. */
    private void error(Option<?> first, Option<?> second, String text) {
        if (problems.isBroken(first) || problems.isBroken(second)) {
            return;
        }
        Option<?> place = config.isSet(first) ? first : second;
        Setting<?> at = config.setting(place);
        Option<?> otherPlace = place == first ? second : first;
        Setting<?> other = config.setting(otherPlace);
        problems.error(
                at.origin().asSource(),
                at + " contradicts " + other + " (" + other.origin() + "): " + text);
    }

    private void warning(Option<?> option, String text) {
        if (config.isSet(option) && !problems.isBroken(option)) {
            Setting<?> setting = config.setting(option);
            problems.warning(setting.origin().asSource(), setting + " " + text);
        }
    }
}
