package io.saya.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.config.AgentConfig;
import io.saya.config.ConfigException;
import io.saya.config.HostSize;
import io.saya.config.RuntimeConfig;
import io.saya.config.option.SizeOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {

    @TempDir Path root;
    private Path install = Path.of("/unset");
    private ConfigLoader loader = new ConfigLoader(install);

    @BeforeEach
    void aHostWithAnInstallation() throws IOException {
        install = root.resolve("opt/saya");
        write("opt/saya/share/saya/vmlinux", "kernel");
        write("opt/saya/share/saya/saya-initrd.img", "initrd");
        Path qemu = write("qemu", "#!/bin/sh\n");
        assertThat(qemu.toFile().setExecutable(true)).isTrue();
        loader = new ConfigLoader(root, install, new HostSize(4, 8000));
    }

    private Path write(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.resolveSibling(""));
        return Files.writeString(file, text);
    }

    private String section(String lines) {
        return "[hypervisor.qemu]\npath = \""
                + root
                + "/qemu\"\nvirtio_fs_daemon = \""
                + root
                + "/qemu\"\n"
                + lines;
    }

    private LoadedConfig load() throws ConfigException {
        return loader.load(Optional.empty(), Map.of());
    }

    @Test
    void builtInDefaultsBootTheGuestOfTheInstallation() {
        RuntimeConfig config = loader.builtIn();

        assertThat(config.hypervisor().guest().kernel())
                .isEqualTo(install.resolve("share/saya/vmlinux"));
        assertThat(config.hypervisor().guest().initrd())
                .contains(install.resolve("share/saya/saya-initrd.img"));
        assertThat(config.hypervisor().guest().image()).isEmpty();
        assertThat(config.hypervisor().cpu().bootVcpus()).isEqualTo(1);
        assertThat(config.hypervisor().cpu().maxVcpus()).isEqualTo(4);
        assertThat(config.hypervisor().memory().defaultMib()).isEqualTo(2048);
        assertThat(config.hypervisor().memory().maxMib()).isEqualTo(8000);
        assertThat(config.agent().transport()).isEqualTo(AgentConfig.Transport.AUTO);
        assertThat(config.agent().dialTimeout()).isEqualTo(Duration.ofSeconds(45));
    }

    @Test
    void aFileSetsWhatItSays() throws Exception {
        write(
                "etc/saya/configuration.toml",
                section("default_memory = 512\nkernel_params = 'a=1 b=\"x y\"  c'\n")
                        + "[agent.kata]\nreconnect_timeout_ms = 12500\n");

        LoadedConfig loaded = load();

        assertThat(loaded.config().hypervisor().memory().defaultMib()).isEqualTo(512);
        assertThat(loaded.config().hypervisor().guest().kernelParameters())
                .containsExactly("a=1", "b=\"x y\"", "c");
        assertThat(loaded.config().agent().dialTimeout()).isEqualTo(Duration.ofMillis(12500));
        assertThat(loaded.effective().setting(SizeOptions.DEFAULT_MEMORY).origin())
                .hasToString(root + "/etc/saya/configuration.toml:4:1");
        assertThat(loaded.warnings()).isEmpty();
    }

    @Test
    void aMissingFileThatSomeoneNamedIsAnError() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(
                        () ->
                                loader.load(
                                        Optional.empty(),
                                        Map.of("KATA_CONF_FILE", root + "/no.toml")))
                .withMessageContaining(
                        root
                                + "/no.toml:1:1: error: does not exist; environment variable"
                                + " KATA_CONF_FILE names it");
    }

    @Test
    void dropInsMergeOverTheFileInTheOrderOfTheirNames() throws Exception {
        write("etc/saya/configuration.toml", section("default_memory = 512\nmemory_slots = 3\n"));
        write("etc/saya/config.d/20-b.toml", "[hypervisor.qemu]\ndefault_memory = 800\n");
        write("etc/saya/config.d/10-a.toml", "[hypervisor.qemu]\ndefault_memory = 700\n");
        write("etc/saya/config.d/.swp", "not TOML");

        LoadedConfig loaded = load();

        assertThat(loaded.config().hypervisor().memory().defaultMib()).isEqualTo(800);
        assertThat(loaded.config().hypervisor().memory().slots()).isEqualTo(3);
        assertThat(loaded.sources().dropIns())
                .containsExactly(
                        root.resolve("etc/saya/config.d/10-a.toml"),
                        root.resolve("etc/saya/config.d/20-b.toml"));
        assertThat(loaded.effective().setting(SizeOptions.DEFAULT_MEMORY).origin())
                .hasToString("drop-in " + root + "/etc/saya/config.d/20-b.toml:2:1");
    }

    @Test
    void allThatIsWrongIsSaidAtOnce() throws Exception {
        write(
                "etc/saya/configuration.toml",
                """
                [hypervisor.qemu]
                path = "/no/qemu"
                defaul_memory = 1
                default_vcpus = "2"

                [hypervisor.quemu]
                x = 1
                """);

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(this::load)
                .withMessageContaining(
                        "configuration.toml:2:1: error: [hypervisor.qemu] path = \"/no/qemu\": does"
                                + " not exist; install QEMU")
                .withMessageContaining(
                        ":3:1: error: [hypervisor.qemu] has no key \"defaul_memory\"; did you mean"
                                + " default_memory?")
                .withMessageContaining(
                        ":4:1: error: [hypervisor.qemu] default_vcpus = \"2\": expected a number of"
                                + " CPUs from -1 to 240; write it without quotes")
                .withMessageContaining(
                        ":6:1: error: [hypervisor.quemu] is not a section; did you mean"
                                + " [hypervisor.qemu]?");
    }
}
