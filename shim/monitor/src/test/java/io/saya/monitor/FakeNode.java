package io.saya.monitor;

import io.saya.monitor.node.SandboxRuntime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Run directories with sockets that speak HTTP, and behave as sandboxes may. */
public final class FakeNode implements AutoCloseable {
    /** Characters of a piece: Go's buffer. */
    private static final int PIECE = 2048;

    private final Path base;
    private final List<ServerSocketChannel> sockets = new ArrayList<>();

    /** How a socket answers; a connection is closed when it returns. */
    @FunctionalInterface
    public interface Behaviour {
        void answer(SocketChannel client) throws IOException, InterruptedException;
    }

    /** A node whose run directories are below {@code base}, a short path. */
    public FakeNode(Path base) {
        this.base = base;
    }

    /** Where Saya's run directories are; it need not exist yet. */
    public Path saya() {
        return base.resolve("s");
    }

    /** Where Kata's are. */
    public Path kata() {
        return base.resolve("k");
    }

    /** What the monitor is to look at. */
    public MonitorOptions options() {
        return MonitorOptions.of(saya(), List.of(kata()), base.resolve("no-containerd.sock"));
    }

    /** A sandbox of Saya's that answers these metrics, whatever is asked. */
    public Path answering(String id, String metrics) throws IOException {
        return sandbox(id, client -> reply(client, metrics));
    }

    /** A sandbox of Saya's. */
    public Path sandbox(String id, Behaviour behaviour) throws IOException {
        Path directory = booting(id);
        listen(directory.resolve(SandboxRuntime.SAYA.socket()), behaviour);
        return directory;
    }

    /** A sandbox of Saya's without a socket. */
    public Path booting(String id) throws IOException {
        Path directory = Files.createDirectories(saya().resolve(id));
        Files.writeString(
                directory.resolve("record.json.new"),
                "{\"version\": 1, \"namespace\": \"k8s.io\", \"id\": \"%s\", \"bundle\": \"%s\"}"
                        .formatted(id, directory));
        Files.move(directory.resolve("record.json.new"), directory.resolve("record.json"));
        return directory;
    }

    /** A sandbox of Kata's. */
    public Path kataSandbox(String id, String metrics) throws IOException {
        Path directory = Files.createDirectories(kata().resolve(id));
        listen(directory.resolve(SandboxRuntime.KATA.socket()), client -> reply(client, metrics));
        return directory;
    }

    /** A sandbox of Kata's, whose shim answers in pieces, as servers in Go do. */
    public Path kataSandboxInPieces(String id, String metrics) throws IOException {
        Path directory = Files.createDirectories(kata().resolve(id));
        listen(
                directory.resolve(SandboxRuntime.KATA.socket()),
                client -> {
                    write(
                            client,
                            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4;"
                                    + " charset=utf-8\r\nConnection: close\r\n"
                                    + "Transfer-Encoding: chunked\r\n\r\n");
                    for (int at = 0; at < metrics.length(); at += PIECE) {
                        String piece =
                                metrics.substring(at, Math.min(at + PIECE, metrics.length()));
                        write(
                                client,
                                Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n");
                    }
                    write(client, "0\r\n\r\n");
                });
        return directory;
    }

    /** The socket of a dead daemon: it is there, and nobody listens. */
    public Path dead(String id) throws IOException {
        Path directory = booting(id);
        Path socket = directory.resolve(SandboxRuntime.SAYA.socket());
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(socket))
                .close();
        return directory;
    }

    /** Takes a run directory away, as the guard does. */
    public static void remove(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** Answers as a daemon does. */
    public static void reply(SocketChannel client, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        write(
                client,
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: "
                        + bytes.length
                        + "\r\nConnection: close\r\n\r\n");
        write(client, body);
    }

    /** Writes all of it. */
    public static void write(SocketChannel client, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            client.write(bytes);
        }
    }

    @Override
    public void close() throws IOException {
        for (ServerSocketChannel socket : sockets) {
            socket.close();
        }
    }

    private void listen(Path path, Behaviour behaviour) throws IOException {
        ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        socket.bind(UnixDomainSocketAddress.of(path), 64);
        sockets.add(socket);
        Thread.ofVirtual()
                .start(
                        () -> {
                            while (socket.isOpen()) {
                                accept(socket, behaviour);
                            }
                        });
    }

    private static void accept(ServerSocketChannel socket, Behaviour behaviour) {
        try {
            SocketChannel client = socket.accept();
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try (client) {
                                    head(client);
                                    behaviour.answer(client);
                                } catch (IOException | InterruptedException _) {
                                    // The monitor has hung up, as it should in many tests.
                                }
                            });
        } catch (java.nio.channels.ClosedChannelException _) {
            // The test has ended.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void head(SocketChannel client) throws IOException {
        StringBuilder head = new StringBuilder();
        ByteBuffer some = ByteBuffer.allocate(1024);
        while (head.indexOf("\r\n\r\n") < 0 && client.read(some.clear()) >= 0) {
            head.append(new String(some.array(), 0, some.position(), StandardCharsets.US_ASCII));
        }
    }
}
