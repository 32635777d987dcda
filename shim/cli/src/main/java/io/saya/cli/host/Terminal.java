package io.saya.cli.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The caller's terminal in raw mode for as long as this is open: every key goes to the guest. By
 * stty(1), which every host has; a native library for two calls would take longer to load.
 */
public final class Terminal implements AutoCloseable {
    private final String saved;

    private Terminal(String saved) {
        this.saved = saved;
    }

    /** Sets raw mode; does nothing where stdin is no terminal. */
    public static Terminal raw() throws IOException {
        String input = Files.readSymbolicLink(Path.of("/proc/self/fd/0")).toString();
        if (!input.startsWith("/dev/pts/") && !input.startsWith("/dev/tty")) {
            return new Terminal("");
        }
        String saved = stty("-g").strip();
        stty("raw", "-echo");
        return new Terminal(saved);
    }

    @Override
    public void close() throws IOException {
        if (!saved.isEmpty()) {
            stty(saved);
        }
    }

    private static String stty(String... words) throws IOException {
        String[] command = new String[words.length + 1];
        command[0] = "stty";
        System.arraycopy(words, 0, command, 1, words.length);
        Process process =
                new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.INHERIT).start();
        try (var out = process.getInputStream()) {
            String answer = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(2, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
