package io.saya.test;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A command that has ended.
 *
 * @param status its exit status
 * @param out what it wrote to its standard output
 * @param err what it wrote to its standard error
 */
public record Ran(int status, String out, String err) {

    /**
     * Runs a command to its end, with an empty standard input.
     *
     * @throws AssertionError if it has not ended after {@code limit}; it is killed then
     */
    public static Ran run(Duration limit, String... command) {
        return run(limit, Path.of("/dev/null"), Map.of(), command);
    }

    /**
     * Runs a command to its end, with a file as its input and variables added to its environment.
     */
    public static Ran run(
            Duration limit, Path input, Map<String, String> variables, String... command) {
        try {
            // Files and not pipes: nobody has to read while the command runs.
            var out = Files.createTempFile("saya-out", "");
            var err = Files.createTempFile("saya-err", "");
            try {
                var builder =
                        new ProcessBuilder(command)
                                .redirectInput(input.toFile())
                                .redirectOutput(out.toFile())
                                .redirectError(err.toFile());
                builder.environment().putAll(variables);
                var process = builder.start();
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly().waitFor();
                    throw new AssertionError(
                            "not ended after %s: %s%nstdout: %s%nstderr: %s"
                                    .formatted(
                                            limit,
                                            String.join(" ", command),
                                            read(out),
                                            read(err)));
                }
                return new Ran(process.exitValue(), read(out), read(err));
            } finally {
                Files.deleteIfExists(out);
                Files.deleteIfExists(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Returns this if the command ended with status 0, else fails with what it said. */
    public Ran succeeded() {
        if (status != 0) {
            throw new AssertionError(
                    "status %d%nstdout: %s%nstderr: %s".formatted(status, out, err));
        }
        return this;
    }

    private static String read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }
}
