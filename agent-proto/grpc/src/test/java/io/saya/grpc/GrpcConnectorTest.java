package io.saya.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.ConnectionFailure;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcStatusException;
import io.saya.ttrpc.UnaryClient;
import io.saya.ttrpc.UnaryConnector;
import io.saya.ttrpc.UnaryConnector.Framing;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import io.saya.ttrpc.wire.MethodName;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls to a real server of gRPC, by itself and behind yamux. */
@Timeout(120)
class GrpcConnectorTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    /** In one write: more than a small read. */
    private static final int PINGS = 200;

    /** What is answered in one go (ReadPace). */
    private static final int BURST = 32_000;

    @TempDir Path directory;
    private final Transport transport = Transport.open("test");
    private FakeAgent agent;

    @BeforeEach
    void start() throws Exception {
        agent = new FakeAgent(transport, directory);
    }

    @AfterEach
    void stop() throws Exception {
        agent.close();
        transport.close();
    }

    private UnaryClient connect(Framing framing) throws Exception {
        UnaryConnector connector =
                ServiceLoader.load(UnaryConnector.class).findFirst().orElseThrow();
        return connector.connect(
                transport,
                Endpoint.unix(framing == Framing.PLAIN ? agent.plain() : agent.muxed()),
                framing,
                ClientOptions.connectWithin(LONG).untrusting(64 << 10, 16));
    }

    private static MethodName method(String name) {
        return MethodName.of(FakeAgent.SERVICE, name);
    }

    private static CompletableFuture<StringValue> call(
            UnaryClient client, String method, String text, CallOptions options) {
        return client.callAsync(
                method(method), StringValue.of(text), StringValue.parser(), options);
    }

    @ParameterizedTest
    @EnumSource(Framing.class)
    void callsAreAnsweredWhileOthersSleep(Framing framing) throws Exception {
        try (UnaryClient client = connect(framing)) {
            var sleeping = call(client, "Sleep", "", CallOptions.noDeadline());
            List<CompletableFuture<StringValue>> answers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                answers.add(call(client, "Echo", "call " + i, CallOptions.timeout(LONG)));
            }
            for (int i = 0; i < 200; i++) {
                assertThat(answers.get(i).get().getValue()).isEqualTo("call " + i);
            }
            assertThat(sleeping.isDone()).isFalse();
            sleeping.cancel(false);
            assertThat(
                            client.call(
                                            method("Echo"),
                                            StringValue.of("after"),
                                            StringValue.parser(),
                                            CallOptions.timeout(LONG))
                                    .getValue())
                    .isEqualTo("after");
        }
    }

    @ParameterizedTest
    @EnumSource(Framing.class)
    void messagesLargerThanEveryWindowArriveWhole(Framing framing) throws Exception {
        try (UnaryClient client = connect(framing)) {
            String large = "0123456789abcdef".repeat(200_000);
            assertThat(
                            call(
                                            client,
                                            "Echo",
                                            large,
                                            CallOptions.timeout(LONG).withAnswerBytes(4 << 20))
                                    .get()
                                    .getValue())
                    .isEqualTo(large);
        }
    }

    @ParameterizedTest
    @EnumSource(Framing.class)
    void failuresAreThoseOfAllAgents(Framing framing) throws Exception {
        try (UnaryClient client = connect(framing)) {
            status(client, "Refuse", "no such container", StatusCode.NOT_FOUND);
            status(client, "Nothing", "", StatusCode.UNIMPLEMENTED);
            status(client, "Echo", "x".repeat(100_000), StatusCode.RESOURCE_EXHAUSTED);
            assertThatThrownBy(
                            () ->
                                    client.call(
                                            method("Sleep"),
                                            StringValue.of(""),
                                            StringValue.parser(),
                                            CallOptions.timeout(Duration.ofMillis(50))))
                    .isInstanceOfSatisfying(
                            TtrpcStatusException.class,
                            e -> assertThat(e.code()).isEqualTo(StatusCode.DEADLINE_EXCEEDED));
            assertThat(call(client, "Echo", "still", CallOptions.timeout(LONG)).get().getValue())
                    .isEqualTo("still");
        }
    }

    private static void status(UnaryClient client, String method, String text, StatusCode code) {
        assertThatThrownBy(
                        () ->
                                client.call(
                                        method(method),
                                        StringValue.of(text),
                                        StringValue.parser(),
                                        CallOptions.timeout(LONG)))
                .isInstanceOfSatisfying(
                        TtrpcStatusException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(code);
                            if (code == StatusCode.NOT_FOUND) {
                                assertThat(e).hasMessage(text);
                            }
                        });
    }

    @Test
    void aConnectionThatIsLostEndsEveryCallAndIsTold() throws Exception {
        UnaryClient client = connect(Framing.YAMUX);
        assertThat(call(client, "Echo", "there", CallOptions.timeout(LONG)).get().getValue())
                .isEqualTo("there");
        var sleeping = call(client, "Sleep", "", CallOptions.noDeadline());
        agent.hangUp();
        assertThatThrownBy(sleeping::get).hasCauseInstanceOf(ConnectionFailure.class);
        assertThat(client.closed().toCompletableFuture().get(10, TimeUnit.SECONDS))
                .hasMessageContaining("has ended");
        assertThatThrownBy(() -> call(client, "Echo", "gone", CallOptions.timeout(LONG)).get())
                .hasCauseInstanceOf(ConnectionFailure.class);
        client.close();
    }

    @Test
    void aCloseEndsEveryCall() throws Exception {
        UnaryClient client = connect(Framing.YAMUX);
        var sleeping = call(client, "Sleep", "", CallOptions.noDeadline());
        client.close();
        assertThatThrownBy(() -> sleeping.get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(io.saya.ttrpc.TtrpcException.class);
        assertThat(client.closed().toCompletableFuture().get(10, TimeUnit.SECONDS))
                .hasMessageContaining("this side closed");
    }

    @Test
    void nobodyThereIsAFailureOfTheConnection() {
        assertThatThrownBy(
                        () ->
                                new GrpcConnector()
                                        .connect(
                                                transport,
                                                Endpoint.unix(directory.resolve("none")),
                                                Framing.YAMUX,
                                                ClientOptions.connectWithin(LONG)))
                .isInstanceOf(ConnectionFailure.class)
                .hasMessageContaining("none");
    }

    /** Each answer is a write of this side: unpaced they are some ten thousand a second. */
    @ParameterizedTest
    @EnumSource(Framing.class)
    void aPeerThatAsksForSignsOfLifeWithoutEndIsAnsweredAtAPace(Framing framing) throws Exception {
        Path socket = directory.resolve("floods");
        try (var listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket));
            AtomicLong answered = new AtomicLong();
            var server =
                    Thread.ofPlatform().daemon().start(() -> flood(listener, framing, answered));
            try (UnaryClient client =
                    new GrpcConnector()
                            .connect(
                                    transport,
                                    Endpoint.unix(socket),
                                    framing,
                                    ClientOptions.connectWithin(LONG))) {
                var sleeping = call(client, "Sleep", "", CallOptions.noDeadline());
                assertThat(passes(LONG.multipliedBy(2), answered, BURST))
                        .as("so many in one go: %s, %s", answered, sleeping)
                        .isTrue();
                // The pace allows 8,000 in that time.
                assertThat(passes(Duration.ofSeconds(4), answered, answered.get() + 16_000))
                        .as("and so many without end: %s", answered)
                        .isFalse();
            }
            assertThat(server.join(LONG)).isTrue();
        }
    }

    private static boolean passes(Duration limit, AtomicLong answered, long most)
            throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (answered.get() < most && System.nanoTime() - deadline < 0) {
            Thread.sleep(10);
        }
        return answered.get() >= most;
    }

    /**
     * Sends pings, in yamux or in HTTP/2, until the other side hangs up: as many as are answered,
     * since whoever does not take the answers is hung up on.
     */
    private static void flood(ServerSocketChannel listener, Framing framing, AtomicLong answered) {
        HexFormat hex = HexFormat.of();
        byte[] settings = hex.parseHex("000000040000000000");
        byte[] ping =
                hex.parseHex(
                        switch (framing) {
                            case YAMUX -> "000200010000000000000001";
                            case PLAIN -> "0000080600000000000000000000000001";
                        });
        ByteBuffer pings = ByteBuffer.allocate(ping.length * PINGS);
        while (pings.hasRemaining()) {
            pings.put(ping);
        }
        try (SocketChannel peer = listener.accept()) {
            var reader =
                    Thread.ofPlatform().daemon().start(() -> count(peer, ping.length, answered));
            if (framing == Framing.PLAIN) {
                peer.write(ByteBuffer.wrap(settings));
            }
            for (long sent = 0; reader.isAlive(); ) {
                if (answered.get() >= sent - PINGS) {
                    peer.write(pings.rewind());
                    sent += PINGS;
                } else {
                    LockSupport.parkNanos(20_000);
                }
            }
        } catch (IOException e) {
            // The client has gone: the test is over.
        }
    }

    private static void count(SocketChannel peer, int each, AtomicLong answered) {
        ByteBuffer bytes = ByteBuffer.allocate(64 << 10);
        long all = 0;
        try {
            for (int read = peer.read(bytes); read >= 0; read = peer.read(bytes.clear())) {
                all += read;
                answered.set(all / each);
            }
        } catch (IOException e) {
            // As above.
        }
    }
}
