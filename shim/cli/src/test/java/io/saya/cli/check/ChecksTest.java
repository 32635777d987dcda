package io.saya.cli.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.cli.check.Finding.Verdict;
import io.saya.cli.host.HostFiles;
import io.saya.config.ConfigException;
import io.saya.config.RuntimeConfig;
import io.saya.config.load.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks on hosts that are directories of files. */
class ChecksTest {
    @TempDir Path root;

    private CheckedHost host(String configuration) throws ConfigException {
        RuntimeConfig config = new ConfigLoader(root).parse(configuration).config();
        return new CheckedHost(new HostFiles(root), config, root, root.resolve("run"), true);
    }

    private CheckedHost host() throws ConfigException {
        return host("");
    }

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(root.resolve(path).getParent());
        Files.writeString(file, text);
    }

    @Test
    void virtualizationIsAFlagOfTheProcessor() throws Exception {
        file(
                "proc/cpuinfo",
                "vendor_id\t: GenuineIntel\nmodel name\t: X\nflags\t\t: lm sse4_1 vmx\n");
        assertThat(ProcessorChecks.cpu(host()))
                .isEqualTo(Finding.pass("cpu", "GenuineIntel, X, virtualization (vmx)"));
        file(
                "proc/cpuinfo",
                "vendor_id\t: AuthenticAMD\nmodel name\t: Y\nflags\t\t: lm sse4_1 hypervisor\n");
        Finding nested = ProcessorChecks.cpu(host());
        assertThat(nested.verdict()).isEqualTo(Verdict.WARN);
        assertThat(nested.text()).contains("no flag svm");
        assertThat(nested.advice()).contains("nested");
        file("proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: sse4_1\n");
        assertThat(ProcessorChecks.cpu(host()).verdict()).isEqualTo(Verdict.FAIL);
    }

    @Test
    void aHostWithoutTunCannotGivePodsANetwork() throws Exception {
        assertThat(DeviceChecks.tun(host()).verdict()).isEqualTo(Verdict.FAIL);
        file("dev/net/tun", "");
        assertThat(DeviceChecks.tun(host()).verdict()).isEqualTo(Verdict.PASS);
    }

    @Test
    void vsockIsNeededOnlyWhereTheConfigurationInsistsOnIt() throws Exception {
        assertThat(DeviceChecks.vhostVsock(host()).verdict()).isEqualTo(Verdict.WARN);
        assertThat(DeviceChecks.vhostVsock(host("[agent.kata]\ntransport = \"vsock\"\n")).verdict())
                .isEqualTo(Verdict.FAIL);
        file("dev/vhost-vsock", "");
        assertThat(DeviceChecks.vhostVsock(host()).verdict()).isEqualTo(Verdict.PASS);
        assertThat(DeviceChecks.vhostVsock(host("[agent.kata]\ntransport = \"vsock\"\n")).verdict())
                .as("any local user reaches the agent")
                .isEqualTo(Verdict.WARN);
    }

    @Test
    void modulesThatAreCompiledInCount() throws Exception {
        file("proc/sys/kernel/osrelease", "6.1.0\n");
        file("proc/cpuinfo", "vendor_id\t: GenuineIntel\n");
        Finding none = ProcessorChecks.modules(host());
        assertThat(none.verdict()).isEqualTo(Verdict.WARN);
        assertThat(none.text()).contains("kvm_intel", "vhost_net", "vhost_vsock", "tun");
        assertThat(none.advice()).contains("cannot load any");
        file(
                "lib/modules/6.1.0/modules.builtin",
                "kernel/arch/x86/kvm/kvm.ko\nkernel/arch/x86/kvm/kvm-intel.ko\n");
        file("sys/module/vhost/refcnt", "0");
        file("sys/module/kvm_intel/refcnt", "0");
        file("dev/vhost-net", "");
        file("dev/net/tun", "");
        file("dev/fuse", "");
        Finding one = ProcessorChecks.modules(host());
        assertThat(one.text()).endsWith("has not: vhost_vsock");
        assertThat(one.advice()).contains("modprobe -a vhost_vsock");
    }

    @Test
    void anotherHypervisorIsToldOf() throws Exception {
        assertThat(DeviceChecks.competitors(host()).verdict()).isEqualTo(Verdict.PASS);
        file("sys/module/vboxdrv/refcnt", "1");
        assertThat(DeviceChecks.competitors(host()))
                .extracting(Finding::verdict, Finding::text)
                .containsExactly(Verdict.WARN, "another hypervisor is there: module vboxdrv");
    }

    @Test
    void aKernelIsAKernelAndAnInitrdFits() throws Exception {
        file("initrd", "x".repeat(1024));
        file("kernel", "#!/bin/sh\n" + "x".repeat(1024));
        String config =
                "[hypervisor.qemu]\nkernel = \"%1$s/kernel\"\ninitrd = \"%1$s/initrd\"\n"
                        .formatted(root);
        Finding script = GuestCheck.guest(host(config));
        assertThat(script.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(script.text()).contains("is no Linux kernel");
        Files.write(root.resolve("kernel"), new byte[] {0x7f, 'E', 'L', 'F', 0, 0});
        assertThat(GuestCheck.guest(host(config)).verdict()).isEqualTo(Verdict.PASS);
        try (var large = new java.io.RandomAccessFile(root.resolve("initrd").toFile(), "rw")) {
            large.setLength(4L << 30);
        }
        Finding tooLarge = GuestCheck.guest(host(config));
        assertThat(tooLarge.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(tooLarge.advice()).contains("default_memory");
    }

    @Test
    void qemusVersionIsReadFromWhatItSays() {
        assertThat(ProgramChecks.majorVersion("QEMU emulator version 7.2.22 (Debian)"))
                .isEqualTo(7);
        assertThat(ProgramChecks.majorVersion("QEMU emulator version 10.0.0")).isEqualTo(10);
        assertThat(ProgramChecks.majorVersion("no such file")).isZero();
        assertThat(ProgramChecks.majorVersion("version 99999999999")).isZero();
    }

    @Test
    void cgroupsOfBothVersionsAreNormal() throws Exception {
        assertThat(SetupChecks.cgroups(host()).verdict()).isEqualTo(Verdict.WARN);
        file("sys/fs/cgroup/memory/tasks", "");
        assertThat(SetupChecks.cgroups(host()).text()).isEqualTo("version 1");
        file("sys/fs/cgroup/cgroup.controllers", "memory");
        assertThat(SetupChecks.cgroups(host()).text()).isEqualTo("version 2");
    }

    @Test
    void aUserNamespaceWithoutQemusUsersCannotConfineIt() throws Exception {
        assertThat(ConfinementCheck.confinement(host()).verdict()).isEqualTo(Verdict.FAIL);
        for (String namespace : List.of("mnt", "pid", "ipc", "uts", "net")) {
            file("proc/self/ns/" + namespace, "");
        }
        file("proc/self/uid_map", "         0          0 4294967295\n");
        file("proc/self/gid_map", "         0     100000      65536\n");
        Finding narrow = ConfinementCheck.confinement(host());
        assertThat(narrow.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(narrow.text()).contains("gid_map has no ids from 1879048192 on");
        file("proc/self/gid_map", "         0          0 4294967295\n");
        assertThat(ConfinementCheck.confinement(host()).verdict()).isEqualTo(Verdict.PASS);
    }

    @Test
    void whatTheLauncherCannotDoHereIsTold() throws Exception {
        assertThat(ConfinedCgroupChecks.devices(host()).verdict()).isEqualTo(Verdict.PASS);
        file("sys/fs/cgroup/cgroup.controllers", "memory");
        assertThat(ConfinedCgroupChecks.devices(host()).text()).contains("cannot be run");
        file("bin/containerd-shim-saya-v2", "#!/bin/sh\necho no \"$3\"\nexit 1\n");
        var launcher = root.resolve("bin/containerd-shim-saya-v2");
        assertThat(launcher.toFile().setExecutable(true)).isTrue();
        Finding devices = ConfinedCgroupChecks.devices(host());
        assertThat(devices.verdict()).isEqualTo(Verdict.WARN);
        assertThat(devices.text()).endsWith(": no devices");
        assertThat(ConfinedCgroupChecks.cores(host()).text()).contains("no core scheduling");
        Files.writeString(launcher, "#!/bin/sh\nexit 0\n");
        assertThat(ConfinedCgroupChecks.devices(host()).text()).contains("BPF");
        assertThat(ConfinedCgroupChecks.cores(host()).text()).startsWith("a sandbox has those");
    }
}
