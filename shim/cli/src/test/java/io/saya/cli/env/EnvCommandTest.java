package io.saya.cli.env;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.cli.Called;
import io.saya.cli.Installed;
import io.saya.config.toml.TomlDocument;
import io.saya.config.toml.TomlEntry;
import io.saya.config.toml.TomlFile;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnvCommandTest {
    @TempDir Path directory;

    /** What kata-env of the Go runtime has, format 1.0.27; scripts look for these. */
    private static final List<String> KATA =
            List.of(
                    "Kernel.Path",
                    "Kernel.Parameters",
                    "Meta.Version",
                    "Image.Path",
                    "Initrd.Path",
                    "Hypervisor.MachineType",
                    "Hypervisor.Version",
                    "Hypervisor.Path",
                    "Hypervisor.BlockDeviceDriver",
                    "Hypervisor.EntropySource",
                    "Hypervisor.SharedFS",
                    "Hypervisor.VirtioFSDaemon",
                    "Hypervisor.SocketPath",
                    "Hypervisor.Msize9p",
                    "Hypervisor.MemorySlots",
                    "Hypervisor.HotPlugVFIO",
                    "Hypervisor.ColdPlugVFIO",
                    "Hypervisor.PCIeRootPort",
                    "Hypervisor.PCIeSwitchPort",
                    "Hypervisor.Debug",
                    "Hypervisor.SecurityInfo.Rootless",
                    "Hypervisor.SecurityInfo.DisableSeccomp",
                    "Hypervisor.SecurityInfo.GuestHookPath",
                    "Hypervisor.SecurityInfo.EnableAnnotations",
                    "Hypervisor.SecurityInfo.ConfidentialGuest",
                    "Runtime.Path",
                    "Runtime.GuestSeLinuxLabel",
                    "Runtime.Experimental",
                    "Runtime.Debug",
                    "Runtime.Trace",
                    "Runtime.DisableGuestSeccomp",
                    "Runtime.DisableNewNetNs",
                    "Runtime.SandboxCgroupOnly",
                    "Runtime.Config.Path",
                    "Runtime.Version.OCI",
                    "Runtime.Version.Version.Semver",
                    "Runtime.Version.Version.Commit",
                    "Runtime.Version.Version.Major",
                    "Runtime.Version.Version.Minor",
                    "Runtime.Version.Version.Patch",
                    "Host.AvailableGuestProtections",
                    "Host.Kernel",
                    "Host.Architecture",
                    "Host.VMContainerCapable",
                    "Host.SupportVSocks",
                    "Host.Distro.Name",
                    "Host.Distro.Version",
                    "Host.CPU.Vendor",
                    "Host.CPU.Model",
                    "Host.CPU.CPUs",
                    "Host.Memory.Total",
                    "Host.Memory.Free",
                    "Host.Memory.Available",
                    "Agent.Debug",
                    "Agent.Trace");

    private Called env(String... more) throws IOException {
        Installed installed = Installed.in(directory);
        installed.configure("accelerator = \"tcg\"");
        String[] words = new String[more.length + 1];
        words[0] = "env";
        System.arraycopy(more, 0, words, 1, more.length);
        return installed.saya(words);
    }

    @Test
    void allThatKataShowsIsThereUnderItsNames() throws IOException {
        TomlDocument toml = TomlFile.parse(env().out());
        assertThat(toml.errors()).isEmpty();
        assertThat(toml.entries().stream().map(EnvCommandTest::place)).containsAll(KATA);
        assertThat(toml.tables().stream().map(table -> table.name().getFirst()).distinct())
                .containsExactly(
                        "Kernel",
                        "Meta",
                        "Image",
                        "Initrd",
                        "Hypervisor",
                        "Runtime",
                        "Host",
                        "Agent",
                        "Origins");
    }

    private static String place(TomlEntry entry) {
        return String.join(".", entry.table()) + "." + entry.key();
    }

    @Test
    void jsonHoldsTheSameAndWhereValuesComeFrom() throws IOException {
        Called env = env("--json");
        assertThat(env.exitCode()).as(env.err()).isZero();
        JsonObject tree = Json.parseObject(env.out());
        JsonObject hypervisor = tree.object("Hypervisor").orElseThrow();
        assertThat(hypervisor.string("Version")).hasValue("program version 7.2");
        assertThat(
                        tree.object("Origins")
                                .orElseThrow()
                                .string("Hypervisor.Accelerator")
                                .orElseThrow())
                .startsWith(directory.resolve("configuration.toml") + ":6:");
        assertThat(
                        tree.object("Runtime")
                                .orElseThrow()
                                .object("Config")
                                .orElseThrow()
                                .string("Path"))
                .hasValue(directory.resolve("configuration.toml").toString());
    }

    @Test
    void aConfigurationWithErrorsIsToldInsteadOfAnEnvironment() throws IOException {
        Installed installed = Installed.in(directory);
        installed.configure("accelerator = \"xen\"");
        Called env = installed.saya("env");
        assertThat(env.exitCode()).isEqualTo(1);
        assertThat(env.out()).isEmpty();
        assertThat(env.err()).contains("configuration.toml:6:").contains("xen");
    }
}
