package io.saya.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.Problem;
import io.saya.config.toml.Mutations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever a file holds, there is an answer in words. (The time limits only tell a hang from an
 * answer.)
 */
class DamagedFilesTest {

    private static final Path RESOURCES = Path.of("src/test/resources/io/saya/config/load");

    @TempDir Path root;
    private Path file;
    private ConfigLoader loader;

    @BeforeEach
    void aHost() throws IOException {
        TestHost host = new TestHost(root);
        file = host.path("damaged.toml");
        loader = host.loader();
    }

    private void assertAnswered(byte[] bytes) throws IOException {
        Files.write(file, bytes);
        for (Problem problem : loader.validate(file)) {
            assertThat(problem.toString())
                    .doesNotContain("Exception", "java.", "\n", "\u0000")
                    .hasSizeLessThan(2000);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void mutatedFilesAreAnswered(long seed) throws IOException {
        Mutations mutations = new Mutations(seed);
        for (String name : List.of("kata-go.toml", "kata-rust.toml")) {
            String text = Files.readString(RESOURCES.resolve(name));
            for (int i = 0; i < 40; i++) {
                assertAnswered(mutations.mutate(text).getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22})
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void randomBytesAndNoiseAreAnswered(long seed) throws IOException {
        Random random = new Random(seed);
        Mutations mutations = new Mutations(seed);
        for (int i = 0; i < 100; i++) {
            byte[] bytes = new byte[random.nextInt(3000)];
            random.nextBytes(bytes);
            assertAnswered(bytes);
            assertAnswered(mutations.noise(random.nextInt(400)).getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void tooMuchOfAnythingIsAnswered() throws IOException {
        assertAnswered("[[".repeat(100_000).getBytes(StandardCharsets.UTF_8));
        assertAnswered(("a." + "b.".repeat(50_000) + "c = 1").getBytes(StandardCharsets.UTF_8));
        assertAnswered(("a = \"" + "\\n".repeat(60_000) + '"').getBytes(StandardCharsets.UTF_8));
        assertAnswered("x y = [\n".repeat(10_000).getBytes(StandardCharsets.UTF_8));
        assertAnswered("a = {b = ".repeat(20_000).getBytes(StandardCharsets.UTF_8));
        StringBuilder keys = new StringBuilder("[runtime]\n");
        for (int i = 0; i < 10_000; i++) {
            keys.append('k').append(i).append(" = 1\n");
        }
        assertAnswered(keys.toString().getBytes(StandardCharsets.UTF_8));
        assertThat(loader.validate(file))
                .hasSize(101)
                .last()
                .asString()
                .contains("more problems than these 100");
    }
}
