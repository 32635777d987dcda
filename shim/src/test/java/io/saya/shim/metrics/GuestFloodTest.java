package io.saya.shim.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.saya.agent.Agent;
import io.saya.agent.ChannelSigns;
import io.saya.agent.GrpcLibrary;
import io.saya.agent.GuestMetrics;
import io.saya.agent.KataConnector;
import io.saya.failure.RuntimeFailure;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.proto.agent.Metrics;
import io.saya.ttrpc.TtrpcObserver;
import io.saya.ttrpc.transport.Transport;
import io.saya.ttrpc.wire.MethodName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A guest that answers GetMetrics with what it likes, over a real connection. */
@Timeout(60)
class GuestFloodTest {
    private static final int HEADER = 10;
    private static final byte RESPONSE = 2;
    private static final int STATUS_FIELD = 1;
    private static final int PAYLOAD_FIELD = 2;

    /** Longer than an answer may take; no test waits for it. */
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir Path directory;

    private final DropCounts drops = new DropCounts();
    private final Map<String, Integer> codes = new ConcurrentHashMap<>();
    private Transport transport;
    private ServerSocketChannel listener;
    private volatile Reply reply = (channel, id) -> send(channel, id, response(""));

    /** How the guest answers a request of GetMetrics. */
    @FunctionalInterface
    private interface Reply {
        void send(SocketChannel channel, int streamId) throws IOException;
    }

    @BeforeEach
    void listen() throws IOException {
        transport = Transport.open("test");
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(directory.resolve("agent")));
        Thread.ofVirtual().start(this::serve);
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
        transport.close();
    }

    private void serve() {
        try (SocketChannel channel = listener.accept()) {
            while (true) {
                ByteBuffer header = read(channel, HEADER);
                int length = header.getInt();
                int streamId = header.getInt();
                String request =
                        new String(read(channel, length).array(), StandardCharsets.ISO_8859_1);
                if (request.contains("GetMetrics")) {
                    reply.send(channel, streamId);
                } else {
                    send(channel, streamId, response(ByteString.EMPTY));
                }
            }
        } catch (IOException e) {
            // The client hangs up at the end of a test.
        }
    }

    private static ByteBuffer read(SocketChannel channel, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes) < 0) {
                throw new IOException("closed");
            }
        }
        return bytes.flip();
    }

    private static void send(SocketChannel channel, int streamId, byte[] payload)
            throws IOException {
        header(channel, streamId, payload.length);
        write(channel, payload);
    }

    private static void header(SocketChannel channel, int streamId, int length) throws IOException {
        write(
                channel,
                ByteBuffer.allocate(HEADER)
                        .putInt(length)
                        .putInt(streamId)
                        .put(RESPONSE)
                        .put((byte) 0)
                        .array());
    }

    private static void write(SocketChannel channel, byte[] bytes) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
            channel.write(left);
        }
    }

    private static byte[] response(String metrics) throws IOException {
        return response(Metrics.newBuilder().setMetrics(metrics).build().toByteString());
    }

    /** ttrpc's Response with status OK. */
    private static byte[] response(ByteString payload) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeBytes(STATUS_FIELD, ByteString.EMPTY);
        out.writeBytes(PAYLOAD_FIELD, payload);
        out.flush();
        return bytes.toByteArray();
    }

    private Agent connect() {
        TtrpcObserver observer =
                new TtrpcObserver() {
                    @Override
                    public void callEnded(MethodName method, long nanos, int code) {
                        codes.put(method.method(), code);
                    }
                };
        return new KataConnector(transport, new GrpcLibrary(directory), LONG, observer)
                .connect(
                        new AgentEndpoint.SerialPort(
                                directory.resolve("agent"), AgentEndpoint.Agents.DEFAULT),
                        ChannelSigns.of(new CompletableFuture<>()),
                        () -> false);
    }

    private List<GuestText.Family> shown(Agent agent) {
        return GuestText.read(agent.metrics(LONG), drops);
    }

    private void stillAnswers(Agent agent) {
        reply = (channel, id) -> send(channel, id, response("kata_guest_load 1\n"));
        agent.check(LONG);
        assertThat(shown(agent)).extracting(GuestText.Family::name).contains("kata_guest_load");
    }

    @Test
    void anHonestAnswerComesThroughAndIsCounted() {
        try (Agent agent = connect()) {
            stillAnswers(agent);
            assertThat(codes).containsEntry("GetMetrics", 0).containsEntry("Check", 0);
        }
    }

    private Reply mebibytes(int count) {
        return (channel, id) -> {
            byte[] mebibyte = new byte[1 << 20];
            header(channel, id, count << 20);
            for (int i = 0; i < count; i++) {
                write(channel, mebibyte);
            }
        };
    }

    /** Frames of the largest size that there is, all of one answer. */
    private Reply frames(int count) {
        return (channel, id) -> {
            byte[] frame = new byte[4 << 20];
            for (int i = 0; i < count; i++) {
                send(channel, id, frame);
            }
        };
    }

    private void isThrownAwayAndTheGuestGoesOn() {
        try (Agent agent = connect()) {
            assertThat(shown(agent)).isEmpty();
            assertThat(drops.of(DropReason.TOO_LONG)).isEqualTo(1);
            assertThat(codes).containsEntry("GetMetrics", 8);
            stillAnswers(agent);
            assertThat(agent.lost()).isNotDone();
        }
    }

    @Test
    void aHundredMegabytesAreThrownAwayAsTheyCome() {
        reply = mebibytes(100);
        isThrownAwayAndTheGuestGoesOn();
    }

    @Test
    void soAreAHundredMegabytesInManyFrames() {
        reply = frames(25);
        isThrownAwayAndTheGuestGoesOn();
    }

    /** To throw them away costs time of the host's, which no limit of the pod counts. */
    @Test
    void aGuestWhoseAnswerHasNoEndLosesItsConnection() {
        reply = frames(Integer.MAX_VALUE);
        try (Agent agent = connect()) {
            assertThat(shown(agent)).isEmpty();
            assertThat(drops.of(DropReason.TOO_LONG)).isEqualTo(1);
            assertThat(agent.lost().orTimeout(30, TimeUnit.SECONDS).join())
                    .contains("beyond their bounds");
        }
    }

    @Test
    void anAnswerThatNeverEndsIsWaitedForNoLongerThanItsLimit() {
        reply = (channel, id) -> header(channel, id, GuestMetrics.LONGEST_ANSWER / 2);
        try (Agent agent = connect()) {
            assertThatThrownBy(() -> agent.metrics(Duration.ofMillis(200)))
                    .isInstanceOfSatisfying(
                            RuntimeFailure.class,
                            failure ->
                                    assertThat(failure.kind())
                                            .isEqualTo(RuntimeFailure.Kind.DEADLINE_EXCEEDED));
        }
    }

    @Test
    void whatIsNoMessageFailsThatCallAlone() {
        reply =
                (channel, id) ->
                        send(
                                channel,
                                id,
                                response(ByteString.copyFrom(new byte[] {10, 127, 1, 2, 3})));
        try (Agent agent = connect()) {
            assertThatThrownBy(() -> agent.metrics(LONG)).isInstanceOf(RuntimeFailure.class);
            stillAnswers(agent);
        }
    }

    @Test
    void seriesWithoutEndAreBoundedByTheAnswersLength() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < GuestMetrics.LONGEST_ANSWER - 100; i++) {
            text.append("kata_guest_x{item=\"").append(i).append("\"} 1\n");
        }
        reply = (channel, id) -> send(channel, id, response(text.toString()));
        try (Agent agent = connect()) {
            assertThat(shown(agent)).hasSize(1);
            assertThat(drops.of(DropReason.TOO_MANY)).isGreaterThan(10_000);
            stillAnswers(agent);
        }
    }
}
