package io.saya.config.load;

import io.saya.config.AgentConfig.Transport;
import io.saya.config.HostSize;
import io.saya.config.MachineConfig.Accelerator;
import io.saya.config.option.AgentOptions;
import io.saya.config.option.Option;
import io.saya.config.option.PathCheck;
import io.saya.config.option.SizeOptions;
import io.saya.config.option.Status;
import io.saya.config.option.StorageOptions;
import io.saya.config.option.TomlText;
import io.saya.config.option.VmOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/** Checks that this host has what the configuration names. Blocks for a few file system calls. */
final class HostChecks {

    private static final long MIB = 1024 * 1024;

    private final EffectiveConfig config;
    private final HostSize host;
    private final Problems problems;

    private HostChecks(EffectiveConfig config, HostSize host, Problems problems) {
        this.config = config;
        this.host = host;
        this.problems = problems;
    }

    static void check(EffectiveConfig config, HostSize host, Problems problems) {
        HostChecks checks = new HostChecks(config, host, problems);
        for (Setting<?> setting : config.settings()) {
            checks.path(setting);
        }
        checks.devices();
        checks.sizes();
    }

    private void path(Setting<?> setting) {
        Option<?> option = setting.option();
        if (option.pathCheck() == PathCheck.NONE
                || option.status() != Status.WORKS
                || problems.isBroken(option)) {
            return;
        }
        if (setting.value() instanceof Path path) {
            path(setting, path);
        } else if (setting.value() instanceof List<?> paths) {
            for (Object each : paths) {
                path(setting, (Path) each);
            }
        }
    }

    private void path(Setting<?> setting, Path path) {
        if (path.toString().isEmpty()) {
            return;
        }
        String fault = fault(setting.option().pathCheck(), path);
        if (!fault.isEmpty()) {
            problems.error(
                    setting.origin().asSource(),
                    setting.option()
                            + " = "
                            + TomlText.shown(path.toString())
                            + ": "
                            + fault
                            + advice(setting));
        }
    }

    private static String fault(PathCheck check, Path path) {
        if (!Files.exists(path)) {
            return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                    ? "is a symbolic link to nowhere"
                    : "does not exist";
        }
        if (check == PathCheck.EXISTS) {
            return "";
        }
        if (!Files.isRegularFile(path)) {
            return "is not a regular file";
        }
        if (check == PathCheck.EXECUTABLE && !Files.isExecutable(path)) {
            return "cannot be executed";
        }
        return size(path) == 0 ? "is empty" : "";
    }

    private static String advice(Setting<?> setting) {
        Option<?> option = setting.option();
        if (option == VmOptions.PATH) {
            return "; install QEMU (Debian: qemu-system-x86) or correct the path";
        }
        if (option == StorageOptions.VIRTIO_FS_DAEMON) {
            return "; install virtiofsd (Debian 12: qemu-system-common has it as"
                    + " /usr/lib/qemu/virtiofsd, later: package virtiofsd) or correct the path";
        }
        if (setting.origin() instanceof Origin.BuiltIn) {
            return "; it is part of the installation, which is incomplete: install it again";
        }
        return "; correct the path";
    }

    private void devices() {
        transport();
        if (config.value(VmOptions.ACCELERATOR) == Accelerator.KVM) {
            device(
                    VmOptions.ACCELERATOR,
                    "/dev/kvm",
                    "turn on virtualization in the firmware and load the module kvm_intel or"
                            + " kvm_amd");
        }
    }

    private void transport() {
        String fault = new TransportChoice(config).fault();
        if (fault.isEmpty()) {
            return;
        }
        // What is not written has no place: the guest is why nothing can be chosen for it.
        Option<?> place = AgentOptions.TRANSPORT;
        if (config.value(AgentOptions.TRANSPORT) == Transport.AUTO) {
            place =
                    Defaults.isMissing(config, VmOptions.IMAGE)
                            ? VmOptions.INITRD
                            : VmOptions.IMAGE;
        }
        Setting<?> setting = config.setting(place);
        problems.error(setting.origin().asSource(), setting + ": " + fault);
    }

    private void device(Option<?> option, String device, String remedy) {
        if (!Files.exists(Path.of(device))) {
            Setting<?> setting = config.setting(option);
            problems.error(
                    setting.origin().asSource(),
                    setting
                            + ": this host has no "
                            + device
                            + "; "
                            + remedy
                            + ", or write "
                            + option.key()
                            + " = \"auto\"");
        }
    }

    private void sizes() {
        double vcpus = config.value(SizeOptions.DEFAULT_VCPUS);
        if (vcpus > host.cpus()) {
            warn(SizeOptions.DEFAULT_VCPUS, "this host has " + host.cpus() + " CPUs");
        }
        long maxVcpus = config.value(SizeOptions.DEFAULT_MAXVCPUS);
        if (maxVcpus > host.cpus()) {
            warn(SizeOptions.DEFAULT_MAXVCPUS, "this host has " + host.cpus() + " CPUs");
        }
        long maxMemory = config.value(SizeOptions.DEFAULT_MAXMEMORY);
        if (maxMemory > host.memoryMib()) {
            warn(SizeOptions.DEFAULT_MAXMEMORY, "this host has " + host.memoryMib() + " MiB");
        }
        Path initrd = config.value(VmOptions.INITRD);
        long memory = config.value(SizeOptions.DEFAULT_MEMORY);
        if (!problems.isBroken(SizeOptions.DEFAULT_MEMORY)
                && !initrd.toString().isEmpty()
                && size(initrd) >= memory * MIB) {
            Setting<?> memorySetting = config.setting(SizeOptions.DEFAULT_MEMORY);
            Setting<?> initrdSetting = config.setting(VmOptions.INITRD);
            boolean byPod = initrdSetting.origin() instanceof Origin.ByAnnotation;
            problems.error(
                    (byPod ? initrdSetting : memorySetting).origin().asSource(),
                    memorySetting
                            + " MiB cannot hold the initrd "
                            + initrd
                            + ", which has "
                            + size(initrd) / MIB
                            + " MiB; give the VM several times as much");
        }
    }

    private void warn(Option<?> option, String fact) {
        if (config.isSet(option)) {
            Setting<?> setting = config.setting(option);
            problems.warning(
                    setting.origin().asSource(), setting + ": " + fact + ", that is taken instead");
        }
    }

    /** Bytes; -1 if that cannot be told. */
    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return -1;
        }
    }
}
