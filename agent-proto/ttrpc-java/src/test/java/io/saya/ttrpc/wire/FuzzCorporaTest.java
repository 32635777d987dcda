package io.saya.ttrpc.wire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Gives the fuzz targets of this module what is in {@code src/test/fuzz}, and the same with a few
 * bytes changed: 500 times for each file, always the same ones. What goes on from there:
 * test/README.md.
 */
class FuzzCorporaTest {
    private static final int MUTANTS = 500;
    private static final int CHANGES = 4;

    @ParameterizedTest
    @ValueSource(strings = {"frames"})
    void noInputBreaksATarget(String name) throws Exception {
        List<Path> corpus;
        try (var files = Files.list(Path.of("src/test/fuzz", name))) {
            corpus = files.sorted().toList();
        }
        for (Path file : corpus) {
            replay(name, Files.readAllBytes(file));
        }
    }

    private static void replay(String name, byte[] seed) throws IOException {
        run(name, seed);
        Random random = new Random(seed.length);
        for (int i = 0; i < MUTANTS; i++) {
            byte[] mutant = seed.clone();
            for (int n = random.nextInt(CHANGES); n >= 0 && mutant.length > 0; n--) {
                mutant[random.nextInt(mutant.length)] = (byte) random.nextInt();
            }
            run(name, mutant);
        }
    }

    private static void run(String name, byte[] input) throws IOException {
        switch (name) {
            case "frames" -> FramesFuzz.fuzzerTestOneInput(input);
            default -> throw new IllegalArgumentException(name);
        }
    }
}
