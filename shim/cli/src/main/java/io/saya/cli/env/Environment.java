package io.saya.cli.env;

import io.saya.cli.call.Version;
import io.saya.cli.host.HostFiles;
import io.saya.cli.host.KvmState;
import io.saya.cli.host.Program;
import io.saya.config.AgentConfig;
import io.saya.config.HypervisorConfig;
import io.saya.config.MachineConfig.Accelerator;
import io.saya.config.RuntimeConfig;
import io.saya.config.RuntimeSettings;
import io.saya.config.load.LoadedConfig;
import io.saya.config.load.Setting;
import io.saya.config.option.AgentOptions;
import io.saya.config.option.DeviceOptions;
import io.saya.config.option.Option;
import io.saya.config.option.RuntimeOptions;
import io.saya.config.option.SizeOptions;
import io.saya.config.option.StorageOptions;
import io.saya.config.option.VmOptions;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.qemu.probe.KvmVerdict;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tree that {@code saya env} prints: tables, names and their order are those of kata-env,
 * format {@value #FORMAT}; what Kata does not have stands behind what it has.
 */
final class Environment {
    /** Version of kata-env's layout that this one is. */
    static final String FORMAT = "1.0.27";

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final LoadedConfig loaded;
    private final HostFiles host;
    private final Path installation;
    private final Path runBase;

    /** The origin of each value, by their place in the tree. */
    private final Map<String, String> origins = new LinkedHashMap<>();

    private Environment(LoadedConfig loaded, HostFiles host, Path installation, Path runBase) {
        this.loaded = loaded;
        this.host = host;
        this.installation = installation;
        this.runBase = runBase;
    }

    /** Looks at the host and puts the tree together. Blocks for two programs' answers. */
    static JsonObject of(LoadedConfig loaded, HostFiles host, Path installation, Path runBase) {
        return new Environment(loaded, host, installation, runBase).tree();
    }

    private JsonObject tree() {
        JsonObject.Builder tree =
                JsonObject.builder()
                        .put("Kernel", kernel())
                        .put("Meta", JsonObject.builder().put("Version", FORMAT).build())
                        .put("Image", table("Image.Path", "Path", VmOptions.IMAGE))
                        .put("Initrd", table("Initrd.Path", "Path", VmOptions.INITRD))
                        .put("Hypervisor", hypervisor())
                        .put("Runtime", runtime())
                        .put("Host", HostTable.of(host, kvm()))
                        .put("Agent", agent());
        JsonObject.Builder all = JsonObject.builder();
        origins.forEach(all::put);
        return tree.put("Origins", all.build()).build();
    }

    private JsonObject kernel() {
        origin("Kernel.Path", VmOptions.KERNEL);
        origin("Kernel.Parameters", VmOptions.KERNEL_PARAMS);
        return JsonObject.builder()
                .put("Path", config().hypervisor().guest().kernel().toString())
                .put(
                        "Parameters",
                        String.join(" ", config().hypervisor().guest().kernelParameters()))
                .build();
    }

    private JsonObject table(String place, String name, Option<Path> option) {
        origin(place, option);
        return JsonObject.builder().put(name, value(option).toString()).build();
    }

    private JsonObject hypervisor() {
        HypervisorConfig hypervisor = config().hypervisor();
        origin("Hypervisor.MachineType", VmOptions.MACHINE_TYPE);
        origin("Hypervisor.Path", VmOptions.PATH);
        origin("Hypervisor.BlockDeviceDriver", StorageOptions.BLOCK_DEVICE_DRIVER);
        origin("Hypervisor.EntropySource", VmOptions.ENTROPY_SOURCE);
        origin("Hypervisor.SharedFS", StorageOptions.SHARED_FS);
        origin("Hypervisor.VirtioFSDaemon", StorageOptions.VIRTIO_FS_DAEMON);
        origin("Hypervisor.MemorySlots", SizeOptions.MEMORY_SLOTS);
        origin("Hypervisor.DefaultVCPUs", SizeOptions.DEFAULT_VCPUS);
        origin("Hypervisor.DefaultMemory", SizeOptions.DEFAULT_MEMORY);
        origin("Hypervisor.Debug", DeviceOptions.ENABLE_DEBUG);
        origin("Hypervisor.Accelerator", VmOptions.ACCELERATOR);
        return JsonObject.builder()
                .put("MachineType", hypervisor.machine().machineType())
                .put("Version", version(hypervisor.vmm().path()))
                .put("Path", hypervisor.vmm().path().toString())
                .put("BlockDeviceDriver", word(StorageOptions.BLOCK_DEVICE_DRIVER))
                .put("EntropySource", value(VmOptions.ENTROPY_SOURCE).toString())
                .put("SharedFS", word(StorageOptions.SHARED_FS))
                .put("VirtioFSDaemon", hypervisor.sharedFs().daemon().toString())
                // Kata fills it in for remote hypervisors alone.
                .put("SocketPath", "")
                .put("Msize9p", value(StorageOptions.MSIZE_9P))
                .put("MemorySlots", value(SizeOptions.MEMORY_SLOTS))
                .put("HotPlugVFIO", word(DeviceOptions.HOT_PLUG_VFIO))
                .put("ColdPlugVFIO", word(DeviceOptions.COLD_PLUG_VFIO))
                .put("PCIeRootPort", value(DeviceOptions.PCIE_ROOT_PORT))
                .put("PCIeSwitchPort", value(DeviceOptions.PCIE_SWITCH_PORT))
                .put("Debug", value(DeviceOptions.ENABLE_DEBUG))
                .put("Accelerator", word(VmOptions.ACCELERATOR))
                .put("DefaultVCPUs", hypervisor.cpu().bootVcpus())
                .put("DefaultMemory", hypervisor.memory().defaultMib())
                .put("SecurityInfo", securityInfo(hypervisor))
                .build();
    }

    private JsonObject securityInfo(HypervisorConfig hypervisor) {
        origin("Hypervisor.SecurityInfo.EnableAnnotations", VmOptions.ENABLE_ANNOTATIONS);
        return JsonObject.builder()
                .put("Rootless", value(VmOptions.ROOTLESS))
                .put("DisableSeccomp", hypervisor.machine().seccompSandbox().isEmpty())
                .put("GuestHookPath", hypervisor.guest().hookPath())
                .put("EnableAnnotations", JsonArray.ofStrings(value(VmOptions.ENABLE_ANNOTATIONS)))
                .put("ConfidentialGuest", false)
                .build();
    }

    private JsonObject runtime() {
        RuntimeSettings runtime = config().runtime();
        origin("Runtime.Debug", RuntimeOptions.ENABLE_DEBUG);
        origin("Runtime.DisableGuestSeccomp", RuntimeOptions.DISABLE_GUEST_SECCOMP);
        origin("Runtime.DisableNewNetNs", RuntimeOptions.DISABLE_NEW_NETNS);
        origin("Runtime.SandboxCgroupOnly", RuntimeOptions.SANDBOX_CGROUP_ONLY);
        origin("Runtime.InternetworkingModel", RuntimeOptions.INTERNETWORKING_MODEL);
        List<String> dropIns = new ArrayList<>();
        loaded.sources().dropIns().forEach(file -> dropIns.add(file.toString()));
        return JsonObject.builder()
                .put("Path", installation.resolve("bin/containerd-shim-saya-v2").toString())
                .put("GuestSeLinuxLabel", value(RuntimeOptions.GUEST_SELINUX_LABEL))
                .put("Experimental", JsonArray.ofStrings(value(RuntimeOptions.EXPERIMENTAL)))
                .put("Debug", runtime.daemon().debug())
                .put("Trace", value(RuntimeOptions.ENABLE_TRACING))
                .put("DisableGuestSeccomp", value(RuntimeOptions.DISABLE_GUEST_SECCOMP))
                .put("DisableNewNetNs", runtime.network().disableNewNetns())
                .put("SandboxCgroupOnly", runtime.sandboxCgroupOnly())
                .put("InternetworkingModel", word(RuntimeOptions.INTERNETWORKING_MODEL))
                .put(
                        "Config",
                        JsonObject.builder()
                                .put("Path", loaded.sources().file().map(Path::toString).orElse(""))
                                .put("ChosenBy", loaded.sources().chosenBy())
                                .put("DropIns", JsonArray.ofStrings(dropIns))
                                .build())
                .put("Version", runtimeVersion())
                .build();
    }

    private static JsonObject runtimeVersion() {
        String version = Version.product();
        String[] numbers = version.split("[.-]", -1);
        return JsonObject.builder()
                .put("OCI", Version.OCI)
                .put(
                        "Version",
                        JsonObject.builder()
                                .put("Semver", version)
                                .put("Commit", "")
                                .put("Major", number(numbers, 0))
                                .put("Minor", number(numbers, 1))
                                .put("Patch", number(numbers, 2))
                                .build())
                .build();
    }

    private static long number(String[] parts, int index) {
        boolean digits =
                index < parts.length
                        && !parts[index].isEmpty()
                        && parts[index].chars().allMatch(Character::isDigit);
        return digits ? Long.parseLong(parts[index]) : 0;
    }

    private JsonObject agent() {
        AgentConfig agent = config().agent();
        origin("Agent.Debug", AgentOptions.ENABLE_DEBUG);
        origin("Agent.Trace", AgentOptions.ENABLE_TRACING);
        origin("Agent.DebugConsole", AgentOptions.DEBUG_CONSOLE_ENABLED);
        return JsonObject.builder()
                .put("Debug", agent.enableDebug())
                .put("Trace", value(AgentOptions.ENABLE_TRACING))
                .put("DebugConsole", agent.debugConsole())
                .build();
    }

    private KvmVerdict kvm() {
        return config().hypervisor().machine().accelerator() == Accelerator.TCG
                ? new KvmVerdict.Undecided("not wanted: accelerator = \"tcg\"")
                : KvmState.of(config().hypervisor().vmm().path(), runBase);
    }

    private static String version(Path program) {
        try {
            return Program.run(LIMIT, program, "--version").firstLine();
        } catch (IOException e) {
            return "";
        }
    }

    private RuntimeConfig config() {
        return loaded.config();
    }

    private <T> T value(Option<T> option) {
        return loaded.effective().value(option);
    }

    /** A choice in the word that the file has for it. */
    private String word(Option<?> option) {
        return loaded.effective().setting(option).shown().replace("\"", "");
    }

    private void origin(String place, Option<?> option) {
        Setting<?> setting = loaded.effective().setting(option);
        origins.put(place, setting.origin().toString());
    }
}
