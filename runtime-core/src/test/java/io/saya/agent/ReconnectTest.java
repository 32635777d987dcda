package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.failure.RuntimeFailure;
import io.saya.ttrpc.TtrpcObserver;
import io.saya.ttrpc.transport.Transport;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An agent at a port that another daemon has left in the middle of something. */
@Timeout(60)
class ReconnectTest {
    private static final GuestDetails DETAILS = GuestDetails.of("4.1.0+saya.0.1.0", true);
    private static final int HEADER = 10;

    @TempDir Path directory;
    private Transport transport;
    private Path socket;
    private ServerSocketChannel port;

    @BeforeEach
    void open() throws IOException {
        transport = Transport.open("test-reconnect");
        socket = directory.resolve("port");
        port = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        port.bind(UnixDomainSocketAddress.of(socket));
    }

    @AfterEach
    void close() throws IOException {
        port.close();
        transport.close();
    }

    private KataAgent reconnect(Duration limit) {
        return AgentSuccession.reconnect(
                transport, socket, DETAILS, Duration.ofSeconds(1), TtrpcObserver.NONE, limit);
    }

    /** What the other side of one connection does. */
    private interface Peer {
        void serve(SocketChannel connection) throws IOException;
    }

    private CompletableFuture<Void> serve(Peer... peers) {
        CompletableFuture<Void> served = new CompletableFuture<>();
        Thread.ofPlatform()
                .daemon()
                .start(
                        () -> {
                            try {
                                for (Peer peer : peers) {
                                    try (SocketChannel connection = port.accept()) {
                                        peer.serve(connection);
                                    }
                                }
                                served.complete(null);
                            } catch (IOException e) {
                                served.completeExceptionally(e);
                            }
                        });
        return served;
    }

    /** Reads a request; returns its stream. */
    private static int request(DataInputStream in) throws IOException {
        int length = in.readInt();
        int stream = in.readInt();
        assertThat(in.readShort()).isEqualTo((short) 0x0100);
        in.skipNBytes(length);
        return stream;
    }

    /** An answer without anything in it, which is what one to Check may be. */
    private static byte[] answer(int stream) {
        return ByteBuffer.allocate(HEADER)
                .putInt(0)
                .putInt(stream)
                .put((byte) 2)
                .put((byte) 0)
                .array();
    }

    private static void untilClosed(DataInputStream in) throws IOException {
        while (in.read() >= 0) {}
    }

    private static void answerBehind(SocketChannel connection, byte[] left) throws IOException {
        DataInputStream in = new DataInputStream(Channels.newInputStream(connection));
        OutputStream out = Channels.newOutputStream(connection);
        out.write(left);
        assertThat(request(in)).isEqualTo(1);
        int stream = request(in);
        out.write(answer(1)); // that to the greeting, or to a daemon that came before
        out.write(answer(3));
        out.write(answer(stream));
        // A call of the daemon that is back goes on behind that stream.
        assertThat(request(in)).isEqualTo(stream + 2);
        out.write(answer(stream + 2));
        untilClosed(in);
    }

    @Test
    void whatTheDeadDaemonWasSentIsSkipped() {
        byte[] left = new byte[300_000];
        new Random(3).nextBytes(left);
        CompletableFuture<Void> served = serve(connection -> answerBehind(connection, left));
        KataAgent agent = reconnect(Duration.ofSeconds(20));
        agent.check(Duration.ofSeconds(10));
        assertThat(agent.streams("c1", "c1").keepsOutput()).isTrue();
        agent.close();
        served.join();
    }

    @Test
    void aRequestThatIsSwallowedIsMadeAgain() {
        CompletableFuture<Void> served =
                serve(
                        connection ->
                                untilClosed(
                                        new DataInputStream(Channels.newInputStream(connection))),
                        connection -> answerBehind(connection, new byte[0]));
        KataAgent agent = reconnect(Duration.ofSeconds(40));
        agent.check(Duration.ofSeconds(10));
        agent.close();
        served.join();
    }

    @Test
    void anAgentThatDoesNotAnswerIsGivenUp() {
        CompletableFuture<Void> served =
                serve(
                        connection ->
                                untilClosed(
                                        new DataInputStream(Channels.newInputStream(connection))));
        assertThatThrownBy(() -> reconnect(Duration.ofMillis(500)))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("Check");
        served.join();
    }

    @Test
    void aFloodIsGivenUpAtOnce() {
        Peer flood =
                connection -> {
                    OutputStream out = Channels.newOutputStream(connection);
                    byte[] bytes = new byte[64 << 10];
                    try {
                        while (true) {
                            out.write(bytes);
                        }
                    } catch (IOException e) {
                        // as it should be: hung up on
                    }
                };
        // An attempt has its own time, which a busy host may need for less than the bound.
        var _ = serve(flood, flood, flood, flood);
        assertThatThrownBy(() -> reconnect(Duration.ofSeconds(50)))
                .isInstanceOf(RuntimeFailure.class)
                .hasStackTraceContaining("none of them the answer to the first request");
    }
}
