package io.saya.test.monitor;

import io.saya.test.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program that serves HTTP on a port of the loopback interface until it is closed. */
final class Daemon implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(90);

    private final Process process;
    private final Path log;
    private final int port;

    private Daemon(Process process, Path log, int port) {
        this.process = process;
        this.log = log;
        this.port = port;
    }

    /**
     * Starts it, and waits until it answers.
     *
     * @param command {@code %d} in a word becomes the port
     * @param health the page that answers once it is ready
     */
    static Daemon start(
            Path directory, Map<String, String> environment, String health, List<String> command) {
        try {
            int port = freePort();
            Path log = directory.resolve(Path.of(command.getFirst()).getFileName() + ".log");
            ProcessBuilder builder =
                    new ProcessBuilder(
                                    command.stream()
                                            .map(word -> word.replace("%d", String.valueOf(port)))
                                            .toList())
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile());
            builder.environment().putAll(environment);
            Daemon daemon = new Daemon(builder.start(), log, port);
            if (!Wait.until(START, () -> Http.answers(daemon.uri(health)) || !daemon.lives())
                    || !daemon.lives()) {
                daemon.close();
                throw new AssertionError(command + " does not answer: " + daemon.log());
            }
            return daemon;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String uri(String path) {
        return "http://127.0.0.1:" + port + path;
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    boolean lives() {
        return process.isAlive();
    }

    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
