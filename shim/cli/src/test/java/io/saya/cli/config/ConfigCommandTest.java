package io.saya.cli.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.cli.Called;
import io.saya.cli.Installed;
import io.saya.cli.call.ExitCode;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCommandTest {
    @TempDir Path directory;
    private Installed installed = new Installed(Path.of(""));
    private Path file = Path.of("");

    @BeforeEach
    void install() throws IOException {
        installed = Installed.in(directory);
        file = installed.file();
    }

    private Called config(String... words) {
        String[] all = new String[words.length + 1];
        all[0] = "config";
        System.arraycopy(words, 0, all, 1, words.length);
        return installed.saya(all);
    }

    @Test
    void showTellsEveryValueWithItsOrigin() {
        Called show = config("show");
        assertThat(show.exitCode()).as(show.err()).isZero();
        assertThat(show.out())
                .startsWith("# " + file + " (environment variable SAYA_CONF_FILE)")
                .contains("default_vcpus = 1  # " + file + ":6:")
                .contains("default_memory = 2048  # built-in default");
    }

    @Test
    void whatIsShownIsAConfigurationThatSaysTheSame() throws IOException {
        String shown = config("show").out();
        Path again = directory.resolve("again.toml");
        Files.writeString(again, shown);
        Called validated = config("validate", again.toString());
        assertThat(validated.err()).isEmpty();
        assertThat(validated.exitCode()).isZero();
    }

    @Test
    void showOfWhatIsSetIsShort() {
        assertThat(config("show", "--set").out().lines().filter(line -> line.contains(" = ")))
                .hasSize(5);
    }

    @Test
    void showAsJsonHoldsTheSame() {
        JsonObject shown = Json.parseObject(config("show", "--json").out());
        assertThat(shown.string("file")).hasValue(file.toString());
        List<JsonObject> settings = shown.array("settings").orElse(JsonArray.EMPTY).objects();
        assertThat(settings)
                .anySatisfy(
                        setting -> {
                            assertThat(setting.string("key")).hasValue("default_vcpus");
                            assertThat(setting.string("origin").orElse("")).contains(":6:");
                        });
    }

    @Test
    void validateTellsAllProblemsWithTheirPlaces() throws IOException {
        installed.configure("default_vcpu = 1\nshared_fs = \"nfs\"");
        Called validated = config("validate", file.toString());
        assertThat(validated.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(validated.out()).isEmpty();
        assertThat(validated.err().lines().toList())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).startsWith(file + ":").contains(": error: "));
        assertThat(validated.err()).contains("default_vcpus").contains(file + ":7:");

        JsonObject json = Json.parseObject(config("validate", "--json").out());
        assertThat(json.bool("valid")).hasValue(false);
        assertThat(json.array("problems").orElse(JsonArray.EMPTY).values()).hasSize(2);
    }

    @Test
    void validateOfAFileThatIsNotThereSaysSo() {
        Called validated = config("validate", "/no/such/file.toml");
        assertThat(validated.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(validated.err()).contains("/no/such/file.toml does not exist");
    }

    @Test
    void theFileOfTheCommandLineGoesBeforeTheEnvironment() throws IOException {
        Path other = directory.resolve("other.toml");
        Files.copy(file, other);
        assertThat(config("show", "--config", other.toString()).out())
                .startsWith("# " + other + " (command line)");
    }

    @Test
    void pathsNamesTheFileInUse() {
        Called paths = config("paths");
        assertThat(paths.exitCode()).isZero();
        assertThat(paths.out().lines())
                .first()
                .isEqualTo("* " + file + "  (environment variable SAYA_CONF_FILE)");
        assertThat(((JsonArray) Json.parse(config("paths", "--json").out())).objects())
                .hasSize(6)
                .first()
                .extracting(path -> path.bool("used").orElse(false))
                .isEqualTo(true);
    }

    @Test
    void migrateTellsWhatBecomesOfEachLineAndWhatIsLost() throws IOException {
        Path kata = directory.resolve("kata.toml");
        Files.writeString(
                kata,
                """
                [hypervisor.qemu]
                default_memory = 512
                seccomp_sandbox = "on"
                hypervisor_loglevel = 2
                """);
        Called report = config("migrate", kata.toString());
        assertThat(report.exitCode()).isZero();
        assertThat(report.out())
                .contains("[hypervisor.qemu] default_memory = 512: kept")
                .contains("becomes [hypervisor.qemu] seccompsandbox = \"on\"")
                .contains("LOST")
                .contains("3 keys: 1 kept, 1 renamed, 1 lost");

        Called toml = config("migrate", "--toml", kata.toString());
        assertThat(toml.out()).contains("default_memory = 512", "seccompsandbox = \"on\"");
        assertThat(toml.err()).contains("hypervisor_loglevel").doesNotContain("default_memory");
    }

    @Test
    void migrateFailsWhereASandboxWouldNotStart() throws IOException {
        Path kata = directory.resolve("kata.toml");
        Files.writeString(kata, "[hypervisor.qemu]\nenable_iommu = true\n");
        Called refused = config("migrate", kata.toString());
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.out()).contains("REFUSED");

        Files.writeString(kata, "[hypervisor.qemu]\nimage = \"/a.img\"\ninitrd = \"/a.initrd\"\n");
        Called contradiction = config("migrate", "--toml", kata.toString());
        assertThat(contradiction.exitCode()).isEqualTo(1);
        assertThat(contradiction.err()).contains("the result would not start:");
    }

    @Test
    void migrateKeepsTheDeviceOfAnImage() throws IOException {
        Path kata = directory.resolve("kata.toml");
        Files.writeString(
                kata,
                """
                [hypervisor.qemu]
                image = "/kata.img"
                disable_image_nvdimm = false
                """);
        Called report = config("migrate", "--toml", kata.toString());
        assertThat(report.exitCode()).as(report.err()).isZero();
        assertThat(report.out()).contains("disable_image_nvdimm = false");
    }
}
