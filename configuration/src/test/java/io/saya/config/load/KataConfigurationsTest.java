package io.saya.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
}
