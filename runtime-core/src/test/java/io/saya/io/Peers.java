package io.saya.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The programs at the other ends: makers of FIFOs, readers and writers, all real processes. */
final class Peers {
    static final long LIMIT_SECONDS = 60;

    private Peers() {}

    static Path fifo(Path directory, String name) throws IOException, InterruptedException {
        Path path = directory.resolve(name);
        run("mkfifo", path.toString());
        return path;
    }

    /** Runs a program to its end and returns what it printed. */
    static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException(List.of(command) + ": " + output);
        }
        return output;
    }

    /** Starts a shell script, its parameters as $1 and so on. */
    static Process shell(String script, Path... parameters) throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", script, "sh"));
        for (Path parameter : parameters) {
            command.add(parameter.toString());
        }
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    /** Starts a shell script and collects what it prints until it ends. */
    static CompletableFuture<String> output(String script, Path... parameters) throws IOException {
        Process process = shell(script, parameters);
        CompletableFuture<String> output = new CompletableFuture<>();
        Thread.ofPlatform()
                .daemon()
                .start(
                        () -> {
                            try (var stream = process.getInputStream()) {
                                output.complete(
                                        new String(stream.readAllBytes(), StandardCharsets.UTF_8));
                            } catch (IOException e) {
                                output.completeExceptionally(new UncheckedIOException(e));
                            }
                        });
        return output.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS);
    }
}
