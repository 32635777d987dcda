package io.saya.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files as Kata ships them, one per dialect, hold nothing that is not understood. */
class KataConfigurationsTest {

    private static final Path FILES = Path.of("src/test/resources/io/saya/config/load");

    @TempDir Path root;

    @ParameterizedTest
    @ValueSource(strings = {"kata-go.toml", "kata-go-3.3.toml", "kata-rust.toml"})
    void loadWithoutAWord(String name) throws IOException {
        TestHost host = new TestHost(root);
        String text =
                Files.readString(FILES.resolve(name))
                        .replace("@QEMU@", root + "/qemu")
                        .replace("@VIRTIOFSD@", root + "/virtiofsd")
                        .replace("@KERNEL@", root + "/file")
                        .replace("@IMAGE@", root + "/file");

        assertThat(host.loader().validate(host.write("kata.toml", text))).isEmpty();
    }

    /** So written by Kata from 3.24 to 3.28: what follows a section's line belongs to it. */
    @Test
    void theTimeoutBelowTheWrongLineIsUnderstood() throws Exception {
        TestHost host = new TestHost(root);
        String text =
                host.hypervisor("")
                        + "[agent.kata]\nenable_debug = false\n[agent.kata.mem_agent]\n"
                        + "memcg_swap = false\ncreate_container_timeout = 30\n";
        Path file = host.write("kata.toml", text);

        assertThat(host.loader().validate(file)).isEmpty();
        LoadedConfig loaded = host.loader().load(Optional.of(file), Map.of());
        assertThat(loaded.config().agent().timeouts().createContainer())
                .isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void theMachineOfOldReleasesBecomesTheOneThatIsUsed() throws Exception {
        TestHost host = new TestHost(root);
        Path file = host.write("kata.toml", host.hypervisor("machine_type = \"pc\"\n"));

        LoadedConfig loaded = host.loader().load(Optional.of(file), Map.of());

        assertThat(loaded.config().hypervisor().machine().machineType()).isEqualTo("q35");
        assertThat(loaded.warnings()).extracting(Problem::text).anyMatch(w -> w.contains("q35"));
    }

    @Test
    void onlyPathsThatDoNotExistAreErrors() throws IOException {
        TestHost host = new TestHost(root);
        String text =
                Files.readString(FILES.resolve("kata-go.toml"))
                        .replace("@QEMU@", root + "/no/qemu")
                        .replace("@VIRTIOFSD@", root + "/no/virtiofsd")
                        .replace("@KERNEL@", root + "/no/kernel")
                        .replace("@IMAGE@", root + "/no/image");

        assertThat(host.loader().validate(host.write("kata.toml", text)))
                .hasSize(4)
                .extracting(Problem::text)
                .allMatch(said -> said.contains("does not exist"));
    }

    @Test
    void anotherHypervisorsFileIsNotTakenForOurs() throws IOException {
        TestHost host = new TestHost(root);
        Path file = host.write("clh.toml", "[hypervisor.clh]\npath = \"/usr/bin/clh\"\n");

        assertThat(host.loader().validate(file))
                .extracting(Problem::text)
                .anyMatch(said -> said.contains("name Kata's file for QEMU instead"));
    }

    @Test
    void anotherHypervisorIsToldOfOnceWhateverSectionsItHas() throws IOException {
        TestHost host = new TestHost(root);
        Path file =
                host.write(
                        "clh.toml",
                        "[hypervisor.clh]\npath = \"/usr/bin/clh\"\n"
                                + "[hypervisor.clh.factory]\nenable_template = false\n"
                                + "[agent.kata]\nenable_debug = false\n");

        assertThat(host.loader().validate(file))
                .extracting(Problem::text)
                .filteredOn(said -> said.contains("another hypervisor"))
                .hasSize(1);
    }
}
