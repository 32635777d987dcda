package io.saya.cli.host;

import io.saya.lifecycle.Waited;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What a program answered.
 *
 * @param exitCode as it ended
 * @param output what it wrote to stdout and stderr, at most 256 KiB
 */
public record Program(int exitCode, String output) {
    private static final int MAX_BYTES = 256 * 1024;

    /**
     * Runs a program to its end. Blocks.
     *
     * @param limit when it is killed
     * @throws IOException if it cannot be started or does not end in time
     */
    public static Program run(Duration limit, Path program, String... arguments)
            throws IOException {
        return run(limit, Path.of("/"), Map.of(), program, arguments);
    }

    /**
     * Runs a program in another directory, with variables added to the environment.
     *
     * @throws IOException if it cannot be started or does not end in time
     */
    public static Program run(
            Duration limit,
            Path directory,
            Map<String, String> environment,
            Path program,
            String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(program.toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().putAll(environment);
        Process process = builder.start();
        // Its output ends when it does, so what ends the wait for both is the end of the process.
        Thread watch =
                Thread.ofVirtual()
                        .name("watch " + program)
                        .start(() -> killUnlessItEnds(process, limit));
        try (InputStream output = process.getInputStream()) {
            byte[] bytes = output.readNBytes(MAX_BYTES);
            output.transferTo(OutputStream.nullOutputStream());
            if (!Waited.untilInterrupted(watch::join)) {
                process.destroyForcibly();
                throw new IOException("interrupted while " + program + " ran");
            }
            return new Program(process.exitValue(), new String(bytes, StandardCharsets.UTF_8));
        }
    }

    /** The first line of the output. */
    public String firstLine() {
        return output.lines().findFirst().orElse("").strip();
    }

    private static void killUnlessItEnds(Process process, Duration limit) {
        if (!Waited.happens(limit, nanos -> process.waitFor(nanos, TimeUnit.NANOSECONDS))) {
            process.destroyForcibly();
            boolean _ = Waited.untilInterrupted(process::waitFor);
        }
    }
}
