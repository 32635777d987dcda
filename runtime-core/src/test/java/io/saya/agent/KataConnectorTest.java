package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.util.ReferenceCountUtil;
import io.saya.failure.RuntimeFailure;
import io.saya.grpc.FakeAgent;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.ttrpc.TtrpcObserver;
import io.saya.ttrpc.transport.Transport;
import io.saya.ttrpc.wire.MethodName;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an agent speaks is found out, and a peer that speaks nothing is given up. */
@Timeout(60)
class KataConnectorTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir Path directory;
    private final Transport transport = Transport.open("test");
    private final AtomicReference<@Nullable String> first = new AtomicReference<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        transport.close();
    }

    private KataConnector connector() {
        TtrpcObserver observer =
                new TtrpcObserver() {
                    @Override
                    public void callEnded(MethodName method, long nanos, int code) {
                        calls.add(method.method() + " " + code);
                    }
                };
        return new KataConnector(transport, new GrpcLibrary(directory), LONG, observer);
    }

    @Test
    void anAgentOfKata1BehindASerialPortIsFoundOutWithinASecond() throws Exception {
        try (FakeAgent agent = new FakeAgent(transport, directory)) {
            long begun = System.nanoTime();
            try (Agent connected = atSerialPort(agent)) {
                connected.check(LONG);
                assertThat(Duration.ofNanos(System.nanoTime() - begun))
                        .isLessThan(Duration.ofSeconds(10));
                // UNAVAILABLE by ttrpc, then answered.
                assertThat(calls).startsWith("Check 14").endsWith("Check 0", "Check 0");
                assertThat(connected.lost()).isNotDone();
                assertThat(agent.faults()).isEmpty();
                agent.hangUp();
                assertThat(connected.lost().get()).contains("has ended");
            }
        }
    }

    private Agent atSerialPort(FakeAgent agent) {
        return connector()
                .connect(
                        new AgentEndpoint.SerialPort(agent.muxed(), AgentEndpoint.Agents.ANY),
                        ChannelSigns.of(new CompletableFuture<>()),
                        () -> false);
    }

    /**
     * When its connection ends, an agent of Kata 1.x opens the port again: at once, and never if
     * that fails, which it does while a write or a read is under way.
     */
    @Test
    void anAgentOfKata1BehindASerialPortKeepsItsConnectionHoweverSlowItIs() throws Exception {
        try (FakeAgent agent = new FakeAgent(transport, directory)) {
            agent.answerCheckAfter(Duration.ofSeconds(2));
            try (Agent connected = atSerialPort(agent)) {
                connected.check(LONG);
                assertThat(agent.connections()).isEqualTo(1);
                assertThat(agent.faults()).isEmpty();
            }
        }
    }

    @Test
    void anAgentOfKata1ThatHangsUpAllTheSameIsConnectedToOnceMore() throws Exception {
        try (FakeAgent agent = new FakeAgent(transport, directory)) {
            agent.hangUpOnce();
            try (Agent connected = atSerialPort(agent)) {
                connected.check(LONG);
                assertThat(agent.connections()).isEqualTo(2);
            }
        }
    }

    /** On a busy host QEMU takes a connection when it gets to it. */
    @Test
    void aSerialPortThatTakesNoConnectionInTimeIsTriedForAsLongAsThePatience() throws Exception {
        Path socket = directory.resolve("busy");
        AtomicInteger asked = new AtomicInteger();
        try (ServerSocketChannel busy = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                SocketChannel first = SocketChannel.open(StandardProtocolFamily.UNIX);
                SocketChannel second = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            busy.bind(UnixDomainSocketAddress.of(socket), 1);
            // The queue has room for one more than it is said to have.
            first.connect(UnixDomainSocketAddress.of(socket));
            second.connect(UnixDomainSocketAddress.of(socket));
            assertThatThrownBy(
                            () ->
                                    connector()
                                            .attempting(Duration.ofMillis(50))
                                            .connect(
                                                    new AgentEndpoint.SerialPort(
                                                            socket, AgentEndpoint.Agents.ANY),
                                                    ChannelSigns.of(new CompletableFuture<>()),
                                                    () -> asked.incrementAndGet() == 3))
                    .isInstanceOf(RuntimeFailure.class)
                    .hasMessageContaining("within 50 ms: its queue of connections is full");
            assertThat(asked).hasValue(3);
        }
    }

    @Test
    void aPeerThatAlwaysHangsUpIsGivenUpLongBeforeThePatience() throws Exception {
        AtomicInteger connections = new AtomicInteger();
        Channel listener = hangingUp(connections);
        assertThatThrownBy(
                        () ->
                                connector()
                                        .connect(
                                                new AgentEndpoint.SerialPort(
                                                        directory.resolve("rude"),
                                                        AgentEndpoint.Agents.ANY),
                                                ChannelSigns.of(new CompletableFuture<>()),
                                                () -> false))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("Check");
        assertThat(connections.get()).isEqualTo(9);
        // To yamux: version 0, a ping that wants an answer, and its value.
        assertThat(first.get()).isEqualTo("00020001" + "00000001" + "0100" + "7a8b");
        listener.close().await();
    }

    private Channel hangingUp(AtomicInteger connections) throws IOException, InterruptedException {
        return transport.listen(
                directory.resolve("rude"),
                new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new ChannelInboundHandlerAdapter() {
                                            @Override
                                            public void channelRead(
                                                    ChannelHandlerContext context, Object message) {
                                                first.compareAndSet(
                                                        null,
                                                        ByteBufUtil.hexDump(
                                                                (ByteBuf) message, 0, 12));
                                                connections.incrementAndGet();
                                                ReferenceCountUtil.release(message);
                                                var _ = context.close();
                                            }
                                        });
                    }
                });
    }
}
