package io.saya.guest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.saya.hypervisor.VmDevice;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitDataTest {
    private static final String TOML = "version = \"0.1.0\"\nalgorithm = \"sha256\"\n[data]\n";

    @TempDir Path directory = Path.of("");

    private static String packed() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(TOML.getBytes(UTF_8));
        }
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    /** As src/agent/src/initdata.rs of Kata reads it. */
    @Test
    void itIsADiskThatTheAgentKnowsByItsFirstBytes() throws Exception {
        InitData.write(packed(), directory);
        Path file = directory.resolve("initdata");
        assertThat(InitData.disk(packed(), directory))
                .containsExactly(new VmDevice.Block("initdata", file, true));
        assertThat(file.toFile().length()).isPositive().matches(length -> length % 512 == 0);
        try (DataInputStream disk =
                new DataInputStream(new ByteArrayInputStream(Files.readAllBytes(file)))) {
            assertThat(disk.readNBytes(8)).asString(UTF_8).isEqualTo("initdata");
            int length = (int) Long.reverseBytes(disk.readLong());
            try (GZIPInputStream data =
                    new GZIPInputStream(new ByteArrayInputStream(disk.readNBytes(length)))) {
                assertThat(data.readAllBytes()).asString(UTF_8).isEqualTo(TOML);
            }
        }
    }

    @Test
    void withoutDataThereIsNone() throws Exception {
        InitData.write("", directory);
        assertThat(InitData.disk("", directory)).isEmpty();
        assertThat(directory).isEmptyDirectory();
    }
}
