package io.saya.proto.containerd;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A containerd that keeps everything in one directory and knows nothing of the host's own. */
final class PrivateContainerd implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(50);

    private final Path directory;
    private final Process process;

    private PrivateContainerd(Path directory, Process process) {
        this.directory = directory;
        this.process = process;
    }

    /** True if this machine and this user can run one. */
    static boolean isPossible() {
        return System.getProperty("user.name").equals("root")
                && Stream.of("/usr/bin/containerd", "/usr/bin/ctr")
                        .allMatch(program -> Files.isExecutable(Path.of(program)));
    }

    /** Starts one and waits until it takes connections for ttrpc. */
    static PrivateContainerd start(Path directory) throws IOException, InterruptedException {
        Path config = directory.resolve("config.toml");
        Files.writeString(
                config,
                """
                version = 2
                root = "%1$s/root"
                state = "%1$s/state"
                disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
                [grpc]
                address = "%1$s/c.sock"
                """
                        .formatted(directory));
        Process process =
                new ProcessBuilder("/usr/bin/containerd", "--config", config.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("log").toFile())
                        .start();
        PrivateContainerd containerd = new PrivateContainerd(directory, process);
        try {
            containerd.awaitSocket();
        } catch (Exception e) {
            containerd.close();
            throw e;
        }
        return containerd;
    }

    private void awaitSocket() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + START.toNanos();
        while (!takesConnections()) {
            if (!process.isAlive() || System.nanoTime() - deadline > 0) {
                throw new IOException(
                        "containerd does not listen on "
                                + ttrpcSocket()
                                + ":\n"
                                + Files.readString(directory.resolve("log")));
            }
            Thread.sleep(POLL);
        }
    }

    private boolean takesConnections() {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(ttrpcSocket()));
        } catch (IOException e) {
            return false;
        }
    }

    Path ttrpcSocket() {
        return directory.resolve("c.sock.ttrpc");
    }

    /** Starts {@code ctr} against this containerd, its output to be read from the process. */
    Process ctr(String... arguments) throws IOException {
        List<String> command =
                Stream.concat(
                                Stream.of("/usr/bin/ctr", "--address", directory + "/c.sock"),
                                Stream.of(arguments))
                        .toList();
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    @Override
    public void close() {
        process.destroy();
        if (!process.onExit()
                .completeOnTimeout(process, STOP.toSeconds(), TimeUnit.SECONDS)
                .join()
                .isAlive()) {
            return;
        }
        process.destroyForcibly().onExit().join();
    }
}
