package io.saya.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.config.AgentConfig;
import io.saya.config.ConfigException;
import io.saya.config.DiskConfig;
import io.saya.config.RuntimeConfig;
import io.saya.config.option.SizeOptions;
import io.saya.config.option.VmOptions;
import io.saya.config.toml.TomlFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {

    @TempDir Path root;
    private TestHost host;
    private ConfigLoader loader;

    @BeforeEach
    void aHost() throws IOException {
        host = new TestHost(root);
        loader = host.loader();
    }

    private LoadedConfig load() throws ConfigException {
        return loader.load(Optional.empty(), Map.of());
    }

    @Test
    void builtInDefaultsBootTheGuestOfTheInstallation() {
        RuntimeConfig config = loader.builtIn();

        assertThat(config.hypervisor().guest().kernel())
                .isEqualTo(host.path("install/share/saya/vmlinux"));
        assertThat(config.hypervisor().guest().initrd())
                .contains(host.path("install/share/saya/saya-initrd.img"));
        assertThat(config.hypervisor().guest().image()).isEmpty();
        assertThat(config.hypervisor().cpu().bootVcpus()).isEqualTo(1);
        assertThat(config.hypervisor().cpu().maxVcpus()).isEqualTo(4);
        assertThat(config.hypervisor().memory().defaultMib()).isEqualTo(2048);
        assertThat(config.hypervisor().memory().maxMib()).isEqualTo(8000);
        assertThat(config.agent().transport())
                .as("also where the host has /dev/vhost-vsock")
                .isEqualTo(AgentConfig.Transport.VIRTIO_SERIAL);
        assertThat(config.agent().timeouts().dial()).isEqualTo(Duration.ofSeconds(45));
    }

    @Test
    void aFileSetsWhatItSays() throws Exception {
        host.write(
                "etc/saya/configuration.toml",
                host.hypervisor("default_memory = 512\nkernel_params = 'a=1 b=\"x y\"  c'\n")
                        + "[agent.kata]\nreconnect_timeout_ms = 12500\n");

        LoadedConfig loaded = load();

        assertThat(loaded.config().hypervisor().memory().defaultMib()).isEqualTo(512);
        assertThat(loaded.config().hypervisor().guest().kernelParameters())
                .containsExactly("a=1", "b=\"x y\"", "c");
        assertThat(loaded.config().agent().timeouts().dial()).isEqualTo(Duration.ofMillis(12500));
        assertThat(loaded.effective().setting(SizeOptions.DEFAULT_MEMORY).origin())
                .hasToString(root + "/etc/saya/configuration.toml:4:1");
        assertThat(loaded.warnings()).isEmpty();
    }

    @Test
    void whatIsSaidOfTheCacheOfDisksCountsOnlyWhereItIsToBeSet() throws Exception {
        String direct = "block_device_cache_direct = true\nblock_device_aio = \"io_uring\"\n";
        host.write("etc/saya/configuration.toml", host.hypervisor(direct));
        assertThat(load().config().hypervisor().machine().disks().cache().direct()).isFalse();
        host.write(
                "etc/saya/configuration.toml",
                host.hypervisor(direct + "block_device_cache_set = true\n"));
        DiskConfig disks = load().config().hypervisor().machine().disks();
        assertThat(disks.cache()).isEqualTo(new DiskConfig.Cache(true, false));
        assertThat(disks.aio()).isEqualTo("io_uring");
    }

    @Test
    void placesForDisksAreThereOnlyWhereDisksArePassed() throws Exception {
        assertThat(load().config().hypervisor().machine().disks().places()).isZero();
        host.write(
                "etc/saya/configuration.toml",
                host.hypervisor("disable_block_device_use = false\n"));
        assertThat(load().config().hypervisor().machine().disks().places()).isEqualTo(8);
        host.write(
                "etc/saya/configuration.toml",
                host.hypervisor("disable_block_device_use = false\npcie_root_port = 3\n"));
        assertThat(load().config().hypervisor().machine().disks().places()).isEqualTo(3);
        host.write("etc/saya/configuration.toml", host.hypervisor("pcie_root_port = 3\n"));
        LoadedConfig useless = load();
        assertThat(useless.config().hypervisor().machine().disks().places()).isZero();
        assertThat(useless.warnings().toString())
                .contains("has no effect without disable_block_device_use = false");
    }

    @Test
    void onlyOffTakesTheFilterFromQemu() throws Exception {
        var filters = new ArrayList<String>();
        for (String written : List.of("", "off", "on")) {
            host.write(
                    "etc/saya/configuration.toml",
                    host.hypervisor("seccompsandbox = \"" + written + "\"\n"));
            filters.add(load().config().hypervisor().machine().seccompSandbox());
        }
        assertThat(filters).containsExactly(VmOptions.SECCOMP_SANDBOX_DEFAULT, "", "on");
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
        host.write(
                "etc/saya/configuration.toml",
                host.hypervisor("default_memory = 512\nmemory_slots = 3\n"));
        host.write("etc/saya/config.d/20-b.toml", "[hypervisor.qemu]\ndefault_memory = 800\n");
        host.write("etc/saya/config.d/10-a.toml", "[hypervisor.qemu]\ndefault_memory = 700\n");
        host.write("etc/saya/config.d/.swp", "not TOML");

        LoadedConfig loaded = load();

        assertThat(loaded.config().hypervisor().memory().defaultMib()).isEqualTo(800);
        assertThat(loaded.effective().value(SizeOptions.MEMORY_SLOTS)).isEqualTo(3);
        assertThat(loaded.sources().dropIns())
                .containsExactly(
                        root.resolve("etc/saya/config.d/10-a.toml"),
                        root.resolve("etc/saya/config.d/20-b.toml"));
        assertThat(loaded.effective().setting(SizeOptions.DEFAULT_MEMORY).origin())
                .hasToString("drop-in " + root + "/etc/saya/config.d/20-b.toml:2:1");
    }

    @Test
    void allThatIsWrongIsSaidAtOnce() throws Exception {
        host.write(
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
                                + " CPUs from -240 to 240; write it without quotes")
                .withMessageContaining(
                        ":6:1: error: [hypervisor.quemu] is not a section; did you mean"
                                + " [hypervisor.qemu]?");
    }

    @Test
    void theFirstOfTheDefaultPathsThatExistsWins() throws Exception {
        List<String> order =
                List.of(
                        "etc/saya/configuration.toml",
                        "etc/kata-containers/configuration.toml",
                        "install/share/defaults/saya/configuration.toml",
                        "usr/share/defaults/saya/configuration.toml",
                        "usr/share/defaults/kata-containers/configuration.toml");
        assertThat(loader.searchOrder().defaultPaths())
                .isEqualTo(order.stream().map(host::path).toList());
        for (int i = order.size() - 1; i >= 0; i--) {
            host.write(order.get(i), host.hypervisor("default_memory = " + (500 + i) + "\n"));
            LoadedConfig loaded = load();
            assertThat(loaded.config().hypervisor().memory().defaultMib()).isEqualTo(500 + i);
            assertThat(loaded.sources().file()).contains(host.path(order.get(i)));
        }
    }

    @Test
    void containerdsOptionWinsOverTheEnvironmentAndThatOverTheDefaultPaths() throws Exception {
        host.write("etc/saya/configuration.toml", host.hypervisor("default_memory = 501\n"));
        Path kata = host.write("kata.toml", host.hypervisor("default_memory = 502\n"));
        Path saya = host.write("saya.toml", host.hypervisor("default_memory = 503\n"));
        Path option = host.write("option.toml", host.hypervisor("default_memory = 504\n"));
        Map<String, String> environment = new HashMap<>();

        environment.put("KATA_CONF_FILE", kata.toString());
        assertMemory(502, loader.load(Optional.empty(), environment), "KATA_CONF_FILE");
        environment.put("SAYA_CONF_FILE", saya.toString());
        assertMemory(503, loader.load(Optional.empty(), environment), "SAYA_CONF_FILE");
        assertMemory(504, loader.load(Optional.of(option), environment), "ConfigPath");
    }

    private static void assertMemory(int mib, LoadedConfig loaded, String chosenBy) {
        assertThat(loaded.config().hypervisor().memory().defaultMib()).isEqualTo(mib);
        assertThat(loaded.sources().chosenBy()).contains(chosenBy);
    }

    @Test
    void noFileAtAllIsFine() throws Exception {
        LoadedConfig loaded = loader.parse("");
        assertThat(loaded.config()).isEqualTo(loader.builtIn());
        assertThat(loaded.warnings()).isEmpty();
    }

    @Test
    void dropInsAreLookedForBesideTheFileThatALinkLeadsTo() throws Exception {
        host.write("real/configuration.toml", host.hypervisor("default_memory = 512\n"));
        host.write("real/config.d/a", "[hypervisor.qemu]\ndefault_memory = 600\n");
        host.write("etc/saya/config.d/a", "[hypervisor.qemu]\ndefault_memory = 700\n");
        Files.createSymbolicLink(
                host.path("etc/saya/configuration.toml"), host.path("real/configuration.toml"));

        assertThat(load().config().hypervisor().memory().defaultMib()).isEqualTo(600);
    }

    @Test
    void aDropInReplacesAListAndLeavesWhatItDoesNotName() throws Exception {
        host.write(
                "etc/saya/configuration.toml",
                host.hypervisor("enable_annotations = ['a', 'b']\nmemory_slots = 3\n"));
        host.write(
                "etc/saya/config.d/1",
                "[hypervisor.qemu]\nenable_annotations = ['c']\n[agent.kata]\ndial_timeout = 9\n");

        LoadedConfig loaded = load();
        RuntimeConfig config = loaded.config();

        assertThat(loaded.effective().value(VmOptions.ENABLE_ANNOTATIONS)).containsExactly("c");
        assertThat(loaded.effective().value(SizeOptions.MEMORY_SLOTS)).isEqualTo(3);
        assertThat(config.agent().timeouts().dial()).isEqualTo(Duration.ofSeconds(9));
    }

    @Test
    void aDropInMayUseAnotherNameForWhatTheFileSays() throws Exception {
        host.write(
                "etc/saya/configuration.toml",
                host.hypervisor("") + "[agent.kata]\ndial_timeout = 20\n");
        host.write("etc/saya/config.d/1", "[agent.kata]\nreconnect_timeout_ms = 30000\n");

        assertThat(load().config().agent().timeouts().dial()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void contradictionsAcrossFilesNameBothPlaces() throws Exception {
        host.write(
                "etc/saya/configuration.toml",
                host.hypervisor("kernel = '@/file'\nimage = '@/file'\n".replace("@", "" + root)));
        host.write("etc/saya/config.d/1", "[hypervisor.qemu]\ninitrd = '" + root + "/file'\n");

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(this::load)
                .withMessageContaining("configuration.toml:5:1: error: [hypervisor.qemu] image")
                .withMessageContaining("(drop-in " + root + "/etc/saya/config.d/1:2:1)");
    }

    @Test
    void aDropInThatCannotBeReadIsNamed() throws Exception {
        host.write("etc/saya/configuration.toml", host.hypervisor(""));
        Files.createDirectories(host.path("etc/saya/config.d/sub"));
        Files.write(host.path("etc/saya/config.d/bytes"), new byte[] {'#', '\n', '#', (byte) 0xff});
        Files.write(host.path("etc/saya/config.d/huge"), new byte[TomlFile.MAX_BYTES + 1]);

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(this::load)
                .withMessageContaining("config.d/sub:1:1: error: is not a regular file")
                .withMessageContaining("config.d/bytes:2:2: error: a byte that is not UTF-8")
                .withMessageContaining("config.d/huge:1:1: error: has more than 262144 bytes");
    }

    @Test
    void aFileForADropInDirectoryIsAnError() throws Exception {
        host.write("etc/saya/configuration.toml", host.hypervisor(""));
        host.write("etc/saya/config.d", "");

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(this::load)
                .withMessageContaining("etc/saya/config.d:1:1: error: is not a directory");
    }

    @Test
    void ceilingsFollowTheHost() throws Exception {
        RuntimeConfig config =
                loader.parse("[hypervisor.qemu]\ndefault_vcpus = -1\ndefault_maxmemory = 9000\n")
                        .config();
        assertThat(config.hypervisor().cpu().bootVcpus()).isEqualTo(4);
        assertThat(config.hypervisor().cpu().maxVcpus()).isEqualTo(4);
        assertThat(config.hypervisor().memory().maxMib()).isEqualTo(8000);
        config =
                loader.parse("[hypervisor.qemu]\ndefault_vcpus = 1.5\ndefault_maxvcpus = 2\n")
                        .config();
        assertThat(config.hypervisor().cpu().bootVcpus()).isEqualTo(2);
        assertThat(config.hypervisor().cpu().maxVcpus()).isEqualTo(2);
    }

    @Test
    void aPolicyIsRegoOrThatInBase64() throws Exception {
        String rego = "package agent_policy\ndefault X := true\n";
        String coded = Base64.getEncoder().encodeToString(rego.getBytes(StandardCharsets.UTF_8));
        ConfigLoader loader = new ConfigLoader(Path.of("/opt/saya"));
        for (String policy : List.of("\'\'\'" + rego + "\'\'\'", '"' + coded + '"')) {
            assertThat(
                            loader.parse("[agent.kata]\npolicy = " + policy)
                                    .config()
                                    .agent()
                                    .given()
                                    .policy())
                    .isEqualTo(rego);
        }
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> loader.parse("[agent.kata]\npolicy = \"allow all\""))
                .withMessageContaining("package agent_policy");
    }

    @Test
    void initDataIsPackedAndNotForTheDefaultGuest() throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write("version = \"0.1.0\"\n".getBytes(StandardCharsets.UTF_8));
        }
        String data = Base64.getEncoder().encodeToString(packed.toByteArray());
        ConfigLoader loader = new ConfigLoader(Path.of("/opt/saya"));
        String lines = "[hypervisor.qemu]\n%sinitdata = \"%s\"\n";
        assertThat(
                        loader.parse(lines.formatted("initrd = \"/kata.initrd\"\n", data))
                                .config()
                                .agent()
                                .given()
                                .initData())
                .isEqualTo(data);
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(
                        () -> loader.parse(lines.formatted("initrd = \"/kata.initrd\"\n", "eA==")))
                .withMessageContaining("TOML, packed by gzip, in base64");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> loader.parse(lines.formatted("", data)))
                .withMessageContaining("the default guest has no components that read init data");
    }

    @Test
    void furtherImagesHaveNamesThatFitIntoASerial() {
        ConfigLoader loader = new ConfigLoader(Path.of("/opt/saya"));
        for (String table :
                List.of(
                        "{ name = \"longerthanten\", path = \"/a\" }",
                        "{ name = \"a\", path = \"relative\" }",
                        "{ name = \"a\", path = \"/a\" }, { name = \"a\", path = \"/b\" }",
                        "{ name = \"a\", path = \"/a\", verity_params = \"root_hash=1\" }",
                        "{ name = \"a\", path = \"/a\", other = 1 }",
                        "\"a\"")) {
            assertThatExceptionOfType(ConfigException.class)
                    .as(table)
                    .isThrownBy(
                            () ->
                                    loader.parse(
                                            "[hypervisor.qemu]\nguest_extension_images = ["
                                                    + table
                                                    + "]"))
                    .withMessageContaining("guest_extension_images");
        }
    }
}
