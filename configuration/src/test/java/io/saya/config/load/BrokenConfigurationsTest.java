package io.saya.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of broken configurations, {@code broken.txt}: every class of problem, every message.
 */
class BrokenConfigurationsTest {

    private static final Path TABLE = Path.of("src/test/resources/io/saya/config/load/broken.txt");
    private static final boolean UPDATE = Boolean.getBoolean("saya.update");

    @TempDir static Path root = Path.of("");
    private static ConfigLoader loader = new ConfigLoader(Path.of("/unset"));
    private static final StringBuilder updated = new StringBuilder();

    record Case(String name, String toml, List<String> problems) {
        @Override
        public String toString() {
            return name;
        }
    }

    @BeforeAll
    static void aHost() throws IOException {
        loader = new TestHost(root).loader();
        String table = Files.readString(TABLE);
        updated.append(table, 0, table.indexOf("=== "));
    }

    @AfterAll
    static void update() throws IOException {
        if (UPDATE) {
            Files.writeString(TABLE, updated);
        }
    }

    static List<Case> cases() throws IOException {
        List<Case> cases = new ArrayList<>();
        String[] blocks = Files.readString(TABLE).split("(?m)^=== ", -1);
        for (int i = 1; i < blocks.length; i++) {
            String name = blocks[i].lines().findFirst().orElseThrow();
            String body = blocks[i].substring(name.length() + 1);
            int line = body.indexOf("---\n");
            String toml = line < 0 ? body : body.substring(0, line);
            List<String> problems =
                    line < 0 ? List.of() : body.substring(line + 4).strip().lines().toList();
            cases.add(new Case(name, toml, problems));
        }
        return cases;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isExplained(Case broken) throws IOException {
        Path file = root.resolve("c.toml");
        Files.writeString(file, broken.toml().replace("@ROOT@", root.toString()));
        List<String> said = new ArrayList<>();
        for (Problem problem : loader.validate(file)) {
            // Whether the machine that runs this test has QEMU does not matter.
            if (!(problem.source() instanceof Problem.Source.BuiltIn)) {
                said.add(
                        problem.toString()
                                .replace(file + ":", "")
                                .replace(root.toString(), "@ROOT@"));
            }
        }
        if (UPDATE) {
            updated.append("=== ").append(broken.name()).append('\n').append(broken.toml());
            updated.append("---\n").append(String.join("\n", said)).append('\n');
            return;
        }
        assertThat(said).isEqualTo(broken.problems()).isNotEmpty();
    }

    @Test
    void thereAreManyAndNoneIsThereTwice() throws IOException {
        List<Case> cases = cases();
        assertThat(cases).hasSizeGreaterThan(80);
        assertThat(cases).extracting(Case::name).doesNotHaveDuplicates();
        assertThat(cases).extracting(Case::toml).doesNotHaveDuplicates();
    }
}
