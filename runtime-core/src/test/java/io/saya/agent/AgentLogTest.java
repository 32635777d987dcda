package io.saya.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.failure.RuntimeFailure;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import io.saya.log.LogRouter;
import io.saya.ttrpc.TtrpcObserver;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an agent sends to its log's port is in this process's log. */
@Timeout(60)
class AgentLogTest {

    private static final String QUESTION = "CONNECT " + AgentLog.PORT + "\n";

    @TempDir Path directory;
    private final Transport transport = Transport.open("test");
    private final BlockingQueue<LogRecord> logged = new LinkedBlockingQueue<>();
    private ServerSocketChannel daemon;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    AgentLogTest() {}

    @BeforeEach
    void listen() throws IOException {
        daemon = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        daemon.bind(UnixDomainSocketAddress.of(socket()));
        LogRouter.threshold(LogLevel.DEBUG);
        LogRouter.install(logged::add);
        logged.clear(); // what other tests have logged before somebody listened
    }

    @AfterEach
    void close() throws IOException {
        LogRouter.uninstall();
        LogRouter.threshold(LogLevel.INFO);
        transport.close();
        daemon.close();
    }

    private Path socket() {
        return directory.resolve("host");
    }

    private AgentLog follow() {
        return AgentLog.follow(transport, new AgentEndpoint.HybridVsock(socket(), 1024));
    }

    private SocketChannel accepted() throws IOException {
        SocketChannel channel = daemon.accept();
        ByteBuffer question = ByteBuffer.allocate(QUESTION.length());
        while (question.hasRemaining() && channel.read(question) >= 0) {
            // more
        }
        assertThat(new String(question.array(), UTF_8)).isEqualTo(QUESTION);
        return channel;
    }

    private static void write(SocketChannel channel, String text) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(text.getBytes(UTF_8));
        while (left.hasRemaining()) {
            channel.write(left);
        }
    }

    /** The next line of the guest's. */
    private String next() throws InterruptedException {
        while (true) {
            @Nullable LogRecord line = logged.poll(20, TimeUnit.SECONDS);
            if (line == null) {
                return "nothing";
            }
            if (line.component().equals("agent") && line.message().equals("the agent says")) {
                return line.level() + " " + line.fields().get(1);
            }
        }
    }

    @Test
    void linesKeepTheirLevelsAndComeInPieces() throws Exception {
        follow();
        accepted().close(); // too early: it is asked again
        try (SocketChannel agent = accepted()) {
            write(agent, "OK 1\n{\"msg\":\"up\",\"level\":\"INFO\"}\n{\"msg\":\"lo");
            assertThat(next()).isEqualTo("INFO up");
            write(agent, "w\",\"level\":\"WARN\"}\n\ntime=\"x\" level=info msg=old\nthe last");
            assertThat(next()).isEqualTo("WARN low");
            assertThat(next()).isEqualTo("DEBUG time=\"x\" level=info msg=old");
        }
        assertThat(next()).isEqualTo("DEBUG the last");
    }

    @Test
    void aLineWithoutEndIsCut() throws Exception {
        follow();
        try (SocketChannel agent = accepted()) {
            write(
                    agent,
                    "OK 1\n"
                            + "x".repeat(100_000)
                            + "\u001b\n{\"msg\":\"on\",\"level\":\"INFO\"}\n");
            assertThat(next()).isEqualTo("DEBUG " + "x".repeat(4096));
            assertThat(next()).isEqualTo("INFO on");
        }
    }

    @Test
    void aGuestThatDoesNotComeUpHasNoLogToWaitFor() throws Exception {
        CompletableFuture<RuntimeFailure> failed = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                new KataConnector(
                                                transport,
                                                new GrpcLibrary(directory),
                                                Duration.ofSeconds(20),
                                                TtrpcObserver.NONE)
                                        .followingLog(true)
                                        .connect(
                                                new AgentEndpoint.HybridVsock(socket(), 1024),
                                                ChannelSigns.of(new CompletableFuture<>()),
                                                () -> true)
                                        .close();
                            } catch (RuntimeFailure e) {
                                failed.complete(e);
                            }
                        });
        assertThat(failed.get(20, TimeUnit.SECONDS)).hasMessageContaining("cannot be reached");
    }

    @Test
    void aSerialPortHasNoRoomForIt() {
        assertThatThrownBy(
                        () ->
                                AgentLog.follow(
                                        transport,
                                        new AgentEndpoint.SerialPort(
                                                socket(), AgentEndpoint.Agents.ANY)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
