package io.saya.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import com.google.protobuf.UnknownFieldSet;
import io.saya.ttrpc.transport.Endpoint;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a server that means harm can make a client hold: little, and not for long. */
class UntrustedServerTest extends LoopbackTest {
    private static final int BOUND = 100;
    private static final int UNWANTED = 3;
    private static final StringValue HELLO = StringValue.of("hello");

    private TtrpcClient client;
    private RawPeer peer;

    @SuppressWarnings("NullAway.Init") // Both are set before each test.
    UntrustedServerTest() {}

    @BeforeEach
    void start() throws Exception {
        ServerSocketChannel server = closedAfterwards(RawPeer.listen(socket()));
        client =
                closedAfterwards(
                        TtrpcClient.connect(
                                transport(),
                                Endpoint.unix(socket()),
                                ClientOptions.connectWithin(Duration.ofSeconds(20))
                                        .untrusting(BOUND, UNWANTED)));
        peer = closedAfterwards(RawPeer.accept(server));
    }

    private CompletableFuture<StringValue> call(CallOptions options) {
        return client.callAsync(EchoBinding.ECHO, HELLO, StringValue.parser(), options);
    }

    private static StatusCode code(CompletableFuture<?> call) throws Exception {
        Throwable failure = call.handle((value, thrown) -> thrown).get(20, TimeUnit.SECONDS);
        assertThat(failure).isInstanceOf(TtrpcStatusException.class);
        return ((TtrpcStatusException) failure).code();
    }

    private void answer(StringValue message) throws Exception {
        peer.sendFrame(peer.readFrame().streamId(), 2, 0, RawPeer.response(message));
    }

    @Test
    void anAnswerBeyondTheBoundFailsItsCallAlone() throws Exception {
        CompletableFuture<StringValue> call = call(OPTIONS);
        answer(StringValue.of("x".repeat(BOUND)));
        assertThat(code(call)).isEqualTo(StatusCode.RESOURCE_EXHAUSTED);

        CompletableFuture<StringValue> next = call(OPTIONS);
        answer(HELLO);
        assertThat(next.get(20, TimeUnit.SECONDS)).isEqualTo(HELLO);
    }

    /** As 100 MB of metrics do, be it by a fault of the server's. */
    @Test
    void theRestOfAnAnswerBeyondItsBoundMayComeInManyFrames() throws Exception {
        CompletableFuture<StringValue> call = call(OPTIONS);
        int streamId = peer.readFrame().streamId();
        for (int i = 0; i < 10 * UNWANTED; i++) {
            peer.sendFrame(
                    streamId, 2, 0, RawPeer.response(StringValue.of("x".repeat(10 * BOUND))));
        }
        assertThat(code(call)).isEqualTo(StatusCode.RESOURCE_EXHAUSTED);

        CompletableFuture<StringValue> next = call(OPTIONS);
        answer(HELLO);
        assertThat(next.get(20, TimeUnit.SECONDS)).isEqualTo(HELLO);
    }

    @Test
    void soMayALateAnswer() throws Exception {
        CompletableFuture<StringValue> call = call(OPTIONS);
        int streamId = peer.readFrame().streamId();
        call.cancel(false);
        // On the loop behind the giving up.
        CompletableFuture<StringValue> behind = call(OPTIONS);
        answer(HELLO);
        assertThat(behind.get(20, TimeUnit.SECONDS)).isEqualTo(HELLO);
        for (int i = 0; i < 10 * UNWANTED; i++) {
            peer.sendFrame(
                    streamId, 2, 0, RawPeer.response(StringValue.of("x".repeat(10 * BOUND))));
        }
        CompletableFuture<StringValue> next = call(OPTIONS);
        answer(HELLO);
        assertThat(next.get(20, TimeUnit.SECONDS)).isEqualTo(HELLO);
    }

    @Test
    void anAnswerWithoutEndEndsTheConnection() throws Exception {
        CompletableFuture<StringValue> call = call(OPTIONS);
        int streamId = peer.readFrame().streamId();
        // Each of these small frames counts as more than it is.
        int frames = (int) (Surplus.MOST >> 16) + UNWANTED + 1;
        for (int i = 0; i < frames; i++) {
            peer.sendFrame(
                    streamId, 2, 0, RawPeer.response(StringValue.of("x".repeat(10 * BOUND))));
        }
        assertThat(code(call)).isEqualTo(StatusCode.RESOURCE_EXHAUSTED);
        assertThat(client.closed().toCompletableFuture().get(20, TimeUnit.SECONDS))
                .hasMessageContaining("beyond their bounds");
    }

    /** To skip a gigabyte costs a second of a processor. */
    @Test
    void aFrameBeyondAllMeasureEndsTheConnection() throws Exception {
        CompletableFuture<StringValue> call = call(OPTIONS);
        peer.sendHeader((int) Surplus.MOST + 1, peer.readFrame().streamId(), 2, 0);
        assertThat(code(call)).isEqualTo(StatusCode.RESOURCE_EXHAUSTED);
        assertThat(client.closed().toCompletableFuture().get(20, TimeUnit.SECONDS))
                .hasMessageContaining("beyond their bounds");
    }

    /** The rest of the answer is read all the same, some milliseconds later. */
    @Test
    void anAnswerThatComesByteByByteArrives() throws Exception {
        StringValue longer = StringValue.of("x".repeat(20_000));
        CompletableFuture<StringValue> call = call(OPTIONS.withAnswerBytes(30_000));
        int streamId = peer.readFrame().streamId();
        byte[] payload = RawPeer.response(longer);
        peer.sendHeader(payload.length, streamId, 2, 0);
        for (byte one : payload) {
            peer.send(new byte[] {one});
        }
        assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo(longer);
    }

    @Test
    void aCallMayHaveABoundOfItsOwn() throws Exception {
        StringValue longer = StringValue.of("x".repeat(2 * BOUND));
        CompletableFuture<StringValue> call = call(OPTIONS.withAnswerBytes(3 * BOUND));
        answer(longer);
        assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo(longer);
    }

    @Test
    void unknownFieldsAreNotKept() throws Exception {
        UnknownFieldSet more =
                UnknownFieldSet.newBuilder()
                        .addField(
                                100,
                                UnknownFieldSet.Field.newBuilder()
                                        .addVarint(1)
                                        .addVarint(2)
                                        .build())
                        .build();
        CompletableFuture<StringValue> call = call(OPTIONS);
        answer(HELLO.toBuilder().setUnknownFields(more).build());
        assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo(HELLO);
    }

    @Test
    void aFewAnswersThatNobodyAskedForEndTheConnection() throws Exception {
        for (int i = 0; i <= UNWANTED; i++) {
            peer.sendFrame(1001, 2, 0, RawPeer.response(StringValue.of("x".repeat(10 * BOUND))));
        }
        assertThat(client.closed().toCompletableFuture().get(20, TimeUnit.SECONDS))
                .hasMessageContaining("4 answers that nobody asked for");
        assertThat(peer.readsEnd()).isTrue();
    }

    @Test
    void messagesOfStreamsThatNobodyOpenedDoSoToo() throws Exception {
        for (int i = 0; i <= UNWANTED; i++) {
            peer.sendData(7, 0, HELLO);
        }
        assertThat(client.closed().toCompletableFuture().get(20, TimeUnit.SECONDS))
                .hasMessageContaining("4 answers that nobody asked for");
    }

    @Test
    void answersToCallsThatWereGivenUpDoNot() throws Exception {
        for (int i = 0; i < 3 * UNWANTED; i++) {
            CompletableFuture<StringValue> call = call(OPTIONS);
            int streamId = peer.readFrame().streamId();
            call.cancel(false);
            // On the loop behind the giving up.
            CompletableFuture<StringValue> behind = call(OPTIONS);
            answer(HELLO);
            assertThat(behind.get(20, TimeUnit.SECONDS)).isEqualTo(HELLO);
            peer.sendFrame(streamId, 2, 0, RawPeer.response(HELLO));
        }
        CompletableFuture<StringValue> last = call(OPTIONS);
        answer(HELLO);
        assertThat(last.get(20, TimeUnit.SECONDS)).isEqualTo(HELLO);
        assertThat(client.droppedResponses()).isEqualTo(3L * UNWANTED);
    }
}
