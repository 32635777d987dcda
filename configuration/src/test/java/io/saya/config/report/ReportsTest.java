package io.saya.config.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.load.ConfigLoader;
import io.saya.config.load.LoadedConfig;
import io.saya.config.option.Option;
import io.saya.config.option.OptionTable;
import io.saya.config.option.Status;
import io.saya.config.report.MigrationReport.Outcome;
import io.saya.config.toml.TomlDocument;
import io.saya.config.toml.TomlFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The shipped file and the README hold what the table of options says. With {@code
 * -Dsaya.update=true} they are written instead.
 */
class ReportsTest {

    private static final Path SHIPPED = Path.of("src/main/dist/configuration.toml");
    private static final Path README = Path.of("README.md");
    private static final Pattern TABLE =
            Pattern.compile(
                    "(<!-- options: begin[^\n]*-->\n)(.*)(<!-- options: end -->\n)",
                    Pattern.DOTALL);

    private static void assertHolds(Path file, String wanted) throws IOException {
        if (Boolean.getBoolean("saya.update")) {
            Files.createDirectories(file.toAbsolutePath().resolveSibling(""));
            Files.writeString(file, wanted);
        }
        assertThat(Files.readString(file))
                .as(file + " (mvn -pl configuration test -Dsaya.update=true writes it)")
                .isEqualTo(wanted);
    }

    @Test
    void theShippedFileIsMadeFromTheTable() throws IOException {
        assertHolds(SHIPPED, DefaultFile.render());
    }

    @Test
    void theReadmeHoldsTheTable() throws IOException {
        String readme = Files.readString(README);
        Matcher matcher = TABLE.matcher(readme);
        assertThat(matcher.find()).isTrue();
        assertHolds(
                README,
                readme.substring(0, matcher.start(2))
                        + "\n"
                        + OptionTableMarkdown.render()
                        + "\n"
                        + readme.substring(matcher.end(2)));
    }

    @Test
    void theTableInTheReadmeIsComplete() {
        String table = OptionTableMarkdown.render();
        for (Option<?> option : OptionTable.all()) {
            assertThat(table).contains("| `" + option.key() + "` | ");
        }
        assertThat(table.lines().filter(line -> line.startsWith("| `")).count())
                .isEqualTo(OptionTable.all().size());
    }

    @Test
    void theShippedFileSetsNothing() throws Exception {
        ConfigLoader loader = new ConfigLoader(Path.of("/opt/saya"));
        assertThat(loader.parse(DefaultFile.render()).config()).isEqualTo(loader.builtIn());
    }

    @Test
    void theDefaultsThatTheShippedFileShowsAreThoseInEffect() throws Exception {
        StringBuilder uncommented = new StringBuilder();
        for (String line : DefaultFile.render().lines().toList()) {
            boolean computed = line.matches("#(kernel|initrd|virtio_fs_daemon|valid_\\w+) = .*");
            uncommented
                    .append(line.matches("#\\w+ = .*") && !computed ? line.substring(1) : line)
                    .append('\n');
        }
        ConfigLoader loader = new ConfigLoader(Path.of("/opt/saya"));
        assertThat(loader.parse(uncommented.toString()).config()).isEqualTo(loader.builtIn());
        assertThat(loader.parse(uncommented.toString()).warnings()).isEmpty();
    }

    @Test
    void noLineOfTheShippedFileIsTooLong() {
        assertThat(DefaultFile.render().lines()).allMatch(line -> line.length() <= 100);
    }

    @Test
    void migrationTellsWhatBecomesOfEachLine() {
        MigrationReport report =
                MigrationReport.of(
                        TomlFile.parse(
                                """
                                [hypervisor.qemu]
                                default_memory = 512
                                default_vcpus = 1
                                seccomp_sandbox = "on"
                                enable_iommu = true
                                enable_iommu_platform = true
                                enable_hugepages = false
                                memory_slots = "many"
                                new_in_kata_9 = 1
                                [agent.kata]
                                reconnect_timeout_ms = 20000
                                [runtime]
                                jaeger_password = "hunter2"
                                [hypervisor.clh]
                                path = "/x"
                                """));

        assertThat(report.lines())
                .extracting(MigrationReport.Line::outcome)
                .containsExactly(
                        Outcome.KEPT,
                        Outcome.NOT_NEEDED,
                        Outcome.RENAMED,
                        Outcome.REFUSED,
                        Outcome.LOST,
                        Outcome.NOT_NEEDED,
                        Outcome.INVALID,
                        Outcome.UNKNOWN,
                        Outcome.RENAMED,
                        Outcome.KEPT,
                        Outcome.UNKNOWN);
        assertThat(report.lines())
                .extracting(MigrationReport.Line::toString)
                .contains(
                        "2: [hypervisor.qemu] default_memory = 512: kept",
                        "4: [hypervisor.qemu] seccomp_sandbox = \"on\": becomes [hypervisor.qemu]"
                                + " seccompsandbox = \"on\"",
                        "5: [hypervisor.qemu] enable_iommu = true: REFUSED (the machine has no"
                                + " virtual IOMMU)",
                        "13: [runtime] jaeger_password = \"…\": kept");
        assertThat(report.toml())
                .isEqualTo(
                        """
                        [hypervisor.qemu]
                        default_memory = 512
                        seccompsandbox = "on"

                        [agent.kata]
                        dial_timeout = 20

                        [runtime]
                        jaeger_password = "hunter2"
                        """);
    }

    @Test
    void whatMigrationWritesLoadsWithoutAWord() throws Exception {
        for (String name : new String[] {"kata-go.toml", "kata-rust.toml"}) {
            String text =
                    Files.readString(Path.of("src/test/resources/io/saya/config/load", name))
                            .replaceAll("@(\\w+)@", "/$1");
            TomlDocument document = TomlFile.parse(text);
            MigrationReport report = MigrationReport.of(document);
            ConfigLoader loader = new ConfigLoader(Path.of("/opt/saya"));

            assertThat(report.lines()).hasSameSizeAs(document.entries());
            LoadedConfig migrated = loader.parse(report.toml());
            for (Option<?> option : OptionTable.all()) {
                if (option.status() == Status.WORKS) {
                    assertThat(migrated.effective().setting(option).shown())
                            .as(option.toString())
                            .isEqualTo(loader.parse(text).effective().setting(option).shown());
                }
            }
            assertThat(migrated.warnings()).isEmpty();
        }
    }
}
