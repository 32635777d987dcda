package io.saya.test.fault;

import io.saya.test.Ran;
import io.saya.test.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** The hand in the guest (test/fault/init): does what it is told by one word. */
public final class Hand {
    /** The guest may be booting still. */
    private static final Duration LIMIT = Duration.ofSeconds(45);

    private static final Path SCRIPT =
            Path.of(Objects.requireNonNull(System.getProperty("saya.product")))
                    .resolve("../../../test/fault/hand.py")
                    .normalize();

    private Hand() {}

    /** Asks for the act, and returns when it is answered. */
    public static void tell(Path runDirectory, String word) {
        Wait.until(LIMIT, () -> !qemu(runDirectory).isEmpty());
        Ran.run(
                        LIMIT.plusSeconds(15),
                        "nsenter",
                        "--target",
                        qemu(runDirectory),
                        "--net",
                        "python3",
                        SCRIPT.toString(),
                        word,
                        String.valueOf(LIMIT.toSeconds()))
                .succeeded();
    }

    /** By the guard's journal, a line of which is "process PID START_TIME NAME"; empty before. */
    private static String qemu(Path runDirectory) {
        try {
            for (String line : Files.readAllLines(runDirectory.resolve("guard.journal"))) {
                var words = List.of(line.split(" ", -1));
                if (words.size() == 4
                        && words.getFirst().equals("process")
                        && words.get(3).equals("qemu")) {
                    return words.get(1);
                }
            }
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
