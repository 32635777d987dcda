package io.saya.shim.management;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.hypervisor.GuestConsole;
import io.saya.hypervisor.GuestShell;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ManagementSocketTest {
    @TempDir Path directory;

    /** A guest whose console says back what is typed. */
    private static final class EchoConsole implements GuestConsole {
        private final CompletableFuture<Consumer<byte[]>> attached = new CompletableFuture<>();

        @Override
        public List<Line> lines() {
            return List.of();
        }

        @Override
        public AutoCloseable attach(Consumer<byte[]> output) {
            attached.complete(output);
            return () -> {};
        }

        @Override
        public void type(byte[] bytes) {
            attached.join().accept(bytes);
        }
    }

    /** A process that has no descriptor left for its first clients. */
    private static final class Exhausted extends ServerSocketChannel {
        private final ServerSocketChannel real =
                ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        private int failures = 2;

        Exhausted() throws IOException {
            super(SelectorProvider.provider());
        }

        @Override
        public SocketChannel accept() throws IOException {
            if (failures-- > 0) {
                throw new IOException("Too many open files");
            }
            return real.accept();
        }

        @Override
        public ServerSocketChannel bind(@Nullable SocketAddress address, int backlog)
                throws IOException {
            real.bind(address, backlog);
            return this;
        }

        @Override
        public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
            real.setOption(name, value);
            return this;
        }

        @Override
        public <T> T getOption(SocketOption<T> name) throws IOException {
            return real.getOption(name);
        }

        @Override
        public Set<SocketOption<?>> supportedOptions() {
            return real.supportedOptions();
        }

        @Override
        public ServerSocket socket() {
            throw new UnsupportedOperationException();
        }

        @Override
        public SocketAddress getLocalAddress() throws IOException {
            return real.getLocalAddress();
        }

        @Override
        protected void implCloseSelectableChannel() throws IOException {
            real.close();
        }

        @Override
        protected void implConfigureBlocking(boolean block) throws IOException {
            real.configureBlocking(block);
        }
    }

    @Test
    void anErrorIsNotTheEnd() throws Exception {
        ServerSocketChannel listener = new Exhausted();
        try (ManagementSocket _ = open(listener, false)) {
            assertThat(ask("GET /status HTTP/1.1\r\n\r\n")).contains("200 OK", "fine");
        }
    }

    @Test
    void aPageThatFailsIsAnsweredWith500AndTheNextOneIsThere() throws Exception {
        try (ManagementSocket _ = open(false)) {
            assertThat(ask("GET /broken HTTP/1.1\r\n\r\n"))
                    .startsWith("HTTP/1.1 500 ")
                    .contains("by zero");
            assertThat(ask("GET /status HTTP/1.1\r\n\r\n")).contains("200 OK", "fine");
        }
    }

    private ManagementSocket open(boolean shell) throws IOException {
        return open(ServerSocketChannel.open(StandardProtocolFamily.UNIX), shell);
    }

    private ManagementSocket open(ServerSocketChannel listener, boolean shell) throws IOException {
        return ManagementSocket.open(
                listener,
                directory,
                Map.of(
                        "/status",
                        _ -> new Page.Answer("text/plain", "fine\n"),
                        "/broken",
                        _ -> {
                            throw new ArithmeticException("by zero");
                        },
                        "/log-level",
                        request -> {
                            String body = request.body();
                            if (!body.equals("debug")) {
                                throw new IllegalArgumentException("level: " + body);
                            }
                            return new Page.Answer("text/plain", body);
                        }),
                shell ? Optional.of(new ConsoleShell(new EchoConsole())) : Optional.empty());
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(directory.resolve(ManagementSocket.NAME)));
        return channel;
    }

    private String ask(String request) throws IOException {
        try (SocketChannel channel = connect()) {
            ManagementSocket.write(channel, request.getBytes(StandardCharsets.UTF_8));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            ByteBuffer piece = ByteBuffer.allocate(1024);
            while (channel.read(piece.clear()) >= 0) {
                answer.write(piece.array(), 0, piece.position());
            }
            return answer.toString(StandardCharsets.UTF_8);
        }
    }

    /** True if there is no answer: an end, or a reset where something sent was not read. */
    private boolean hungUpOn(String request) {
        try {
            return ask(request).isEmpty();
        } catch (IOException _) {
            return true;
        }
    }

    @Test
    void aPageIsServedToRootAlone() throws IOException {
        try (ManagementSocket _ = open(false)) {
            assertThat(ask("GET /status HTTP/1.1\r\nHost: saya\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .endsWith("\r\n\r\nfine\n");
            assertThat(Files.getPosixFilePermissions(directory.resolve(ManagementSocket.NAME)))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        }
    }

    @Test
    void whatIsNotThereOrWrongIsRefusedAndTheNextOneIsServed() throws IOException {
        try (ManagementSocket _ = open(false)) {
            assertThat(ask("GET /nothing HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 404");
            assertThat(ask("PUT /log-level HTTP/1.1\r\nContent-Length: 3\r\n\r\nall"))
                    .startsWith("HTTP/1.1 400")
                    .contains("level: all");
            assertThat(ask("PUT /log-level HTTP/1.1\r\ncontent-length: 5\r\n\r\ndebug"))
                    .endsWith("\r\n\r\ndebug");
            assertThat(hungUpOn("GET /status HTTP/1.1\r\nContent-Length: 99999\r\n\r\n")).isTrue();
            assertThat(hungUpOn("x".repeat(5000))).isTrue();
            assertThat(hungUpOn("nonsense\n\n")).isTrue();
            assertThat(ask("GET /status HTTP/1.1\r\n\r\n")).contains("200 OK");
        }
    }

    @Test
    void theConsoleIsClosedUnlessTheConfigurationOpensIt() throws IOException {
        try (ManagementSocket _ = open(false)) {
            assertThat(ask("POST /console HTTP/1.1\r\n\r\n"))
                    .startsWith("HTTP/1.1 403")
                    .contains("debug_console_enabled");
        }
    }

    /** A shell that says a word and ends, whatever is typed. */
    private static final class ShortShell implements GuestShell, GuestShell.Session {
        private final Iterator<String> words = List.of("bye", "").iterator();

        @Override
        public Session open() {
            return this;
        }

        @Override
        public byte[] read() {
            return words.next().getBytes(StandardCharsets.US_ASCII);
        }

        @Override
        public void type(byte[] bytes) {}

        @Override
        public void close() {}
    }

    @Test
    void aShellThatEndsEndsTheSession() throws Exception {
        try (ManagementSocket _ =
                ManagementSocket.open(directory, Map.of(), Optional.of(new ShortShell()))) {
            assertThat(ask("POST /console HTTP/1.1\r\n\r\n")).endsWith("\r\n\r\nbye");
        }
    }

    @Test
    void aShellThatCannotBeHadIsToldWithTheReason() throws Exception {
        GuestShell deaf =
                () -> {
                    throw new IOException("hvsock:s:1026: no answer in time");
                };
        try (ManagementSocket _ = ManagementSocket.open(directory, Map.of(), Optional.of(deaf))) {
            assertThat(ask("POST /console HTTP/1.1\r\n\r\n"))
                    .startsWith("HTTP/1.1 409")
                    .contains("hvsock:s:1026: no answer in time");
        }
    }

    @Test
    void theConsoleGoesBothWays() throws Exception {
        try (ManagementSocket _ = open(true);
                SocketChannel channel = connect()) {
            ManagementSocket.write(
                    channel,
                    "POST /console HTTP/1.1\r\n\r\nuname\n".getBytes(StandardCharsets.US_ASCII));
            CompletableFuture<String> echoed = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> echoed.complete(readUntil(channel, "uname\n")));
            assertThat(echoed.get(20, TimeUnit.SECONDS))
                    .startsWith("HTTP/1.1 101")
                    .endsWith("\r\n\r\nuname\n");
        }
    }

    @Test
    void nobodyIsServedAfterItIsClosed() throws IOException {
        // Now and then the thread that accepts is already at it, and the kernel goes on to connect.
        for (int round = 0; round < 200; round++) {
            open(false).close();
            assertThat(hungUpOn("GET /status HTTP/1.1\r\n\r\n")).isTrue();
            Files.delete(directory.resolve(ManagementSocket.NAME));
        }
    }

    private static String readUntil(SocketChannel channel, String end) {
        StringBuilder text = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        try {
            while (!text.toString().endsWith(end) && channel.read(one.clear()) >= 0) {
                text.append((char) one.get(0));
            }
        } catch (IOException e) {
            text.append(e);
        }
        return text.toString();
    }
}
