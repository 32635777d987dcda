package io.saya.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Int32Value;
import com.google.protobuf.StringValue;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the client makes of what a server should, or should not, send. */
class ClientProtocolTest extends LoopbackTest {
    private static final StringValue HELLO = StringValue.of("hello");
    private static final byte[] NOTHING = new byte[0];

    private TtrpcClient client;
    private RawPeer peer;

    @SuppressWarnings("NullAway.Init") // Both are set before each test.
    ClientProtocolTest() {}

    @BeforeEach
    void start() throws Exception {
        ServerSocketChannel server = closedAfterwards(RawPeer.listen(socket()));
        client = connect();
        peer = closedAfterwards(RawPeer.accept(server));
    }

    private CompletableFuture<StringValue> call() {
        return client.callAsync(EchoBinding.ECHO, HELLO, StringValue.parser(), OPTIONS);
    }

    private static Throwable failureOf(CompletableFuture<?> call) throws Exception {
        return call.handle((value, failure) -> failure).get(20, TimeUnit.SECONDS);
    }

    private static void assertCode(CompletableFuture<?> call, StatusCode code) throws Exception {
        assertThat(failureOf(call))
                .isInstanceOfSatisfying(
                        TtrpcStatusException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void idsRiseOnTheWireHoweverManyThreadsCall() throws Exception {
        int callers = 200;
        Queue<CompletableFuture<StringValue>> calls = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < callers; i++) {
            Thread.startVirtualThread(() -> calls.add(call()));
        }
        for (int i = 0; i < callers; i++) {
            assertThat(peer.readFrame().streamId()).isEqualTo(2 * i + 1);
        }
    }

    @Test
    void answersMayComeInAnyOrder() throws Exception {
        List<CompletableFuture<StringValue>> calls = new ArrayList<>();
        Set<Integer> ids = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            calls.add(call());
            ids.add(peer.readFrame().streamId());
        }
        for (int i = 9; i >= 0; i--) {
            StringValue answer = StringValue.of("answer " + i);
            peer.sendFrame(2 * i + 1, RawPeer.RESPONSE, 0, RawPeer.response(answer));
            assertThat(calls.get(i).get(20, TimeUnit.SECONDS)).isEqualTo(answer);
        }
        assertThat(ids).hasSize(10);
    }

    @Test
    void answersToNobodyAreCountedAndDropped() throws Exception {
        CompletableFuture<StringValue> call = call();
        peer.readFrame();
        peer.sendFrame(99, RawPeer.RESPONSE, 0, NOTHING);
        peer.sendFrame(98, RawPeer.DATA, 0, NOTHING);
        peer.sendFrame(1, RawPeer.RESPONSE, 0, NOTHING);
        assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo(StringValue.getDefaultInstance());
        assertThat(client.droppedResponses()).isEqualTo(2);
    }

    @Test
    void aCancelledFutureGivesUpItsCall() throws Exception {
        CompletableFuture<StringValue> call = call();
        peer.readFrame();
        assertThat(call.cancel(false)).isTrue();
        CompletableFuture<StringValue> next = call();
        peer.readFrame();
        peer.sendFrame(1, RawPeer.RESPONSE, 0, NOTHING);
        assertThat(observer().await("dropped")).isEqualTo("dropped 1");
        assertThat(next).isNotDone();
    }

    @Test
    void anAsynchronousCallHasItsDeadlineToo() throws Exception {
        CompletableFuture<StringValue> call =
                client.callAsync(
                        EchoBinding.ECHO,
                        HELLO,
                        StringValue.parser(),
                        CallOptions.timeout(Duration.ofMillis(30)));
        assertCode(call, StatusCode.DEADLINE_EXCEEDED);
    }

    @Test
    void anOversizedAnswerFailsItsCallOnly() throws Exception {
        CompletableFuture<StringValue> first = call();
        CompletableFuture<StringValue> second = call();
        peer.readFrame();
        peer.readFrame();
        peer.sendHeader(5 << 20, 1, RawPeer.RESPONSE, 0);
        assertCode(first, StatusCode.RESOURCE_EXHAUSTED);
        peer.send(new byte[5 << 20]);
        peer.sendFrame(3, RawPeer.RESPONSE, 0, RawPeer.response(HELLO));
        assertThat(second.get(20, TimeUnit.SECONDS)).isEqualTo(HELLO);
    }

    @Test
    void anAnswerThatCannotBeReadFailsItsCallOnly() throws Exception {
        CompletableFuture<StringValue> envelope = call();
        CompletableFuture<StringValue> message = call();
        CompletableFuture<StringValue> data = call();
        CompletableFuture<StringValue> code = call();
        for (int i = 0; i < 4; i++) {
            peer.readFrame();
        }
        peer.sendFrame(1, RawPeer.RESPONSE, 0, new byte[] {0x12, 5});
        peer.sendFrame(3, RawPeer.RESPONSE, 0, new byte[] {0x12, 1, 0x0a});
        peer.sendFrame(5, RawPeer.DATA, 0, NOTHING);
        peer.sendFrame(7, RawPeer.RESPONSE, 0, new byte[] {0x0a, 2, 0x08, 77});
        assertCode(envelope, StatusCode.INTERNAL);
        assertCode(message, StatusCode.INTERNAL);
        assertCode(data, StatusCode.INTERNAL);
        assertCode(code, StatusCode.UNKNOWN);
    }

    @Test
    void framesThatAreNoAnswersEndTheConnection() throws Exception {
        CompletableFuture<StringValue> call = call();
        peer.readFrame();
        peer.send("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(failureOf(call)).isInstanceOf(ConnectionFailure.class);
        ConnectionFailure cause = client.closed().toCompletableFuture().get(20, TimeUnit.SECONDS);
        assertThat(cause).hasMessageContaining("sent a frame of type");
        assertThat(peer.readsEnd()).isTrue();
        assertThatThrownBy(
                        () -> client.call(EchoBinding.ECHO, HELLO, StringValue.parser(), OPTIONS))
                .isInstanceOf(ConnectionFailure.class)
                .hasMessageContaining("sent a frame of type");
    }

    @Test
    void aRequestFromTheServerEndsTheConnection() throws Exception {
        peer.sendFrame(2, RawPeer.REQUEST, 0, NOTHING);
        assertThat(client.closed().toCompletableFuture().get(20, TimeUnit.SECONDS))
                .hasMessageContaining("which only clients send");
    }

    @Test
    void aServerThatDiesWithinAFrameFailsAllCallsAndSaysWhere() throws Exception {
        CompletableFuture<StringValue> first = call();
        CompletableFuture<StringValue> second = call();
        peer.readFrame();
        peer.readFrame();
        peer.sendHeader(50, 1, RawPeer.RESPONSE, 0);
        peer.send(new byte[7]);
        peer.close();
        assertThat(failureOf(first)).hasMessageContaining("after 7 of 50 bytes");
        assertThat(failureOf(second)).isInstanceOf(ConnectionFailure.class);
    }

    @Test
    void aBlockedCallerLearnsOfTheEndWithItsOwnStack() throws Exception {
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        Thread.startVirtualThread(
                () -> {
                    try {
                        client.call(
                                EchoBinding.ECHO,
                                HELLO,
                                StringValue.parser(),
                                CallOptions.noDeadline());
                    } catch (Exception e) {
                        end.complete(e);
                    }
                });
        peer.readFrame();
        peer.close();
        Throwable failure = end.get(20, TimeUnit.SECONDS);
        assertThat(failure).isInstanceOf(ConnectionFailure.class);
        assertThat(failure).hasMessageContaining("closed the connection");
        assertThat(failure.getStackTrace())
                .anyMatch(frame -> frame.getMethodName().startsWith("lambda$aBlockedCaller"));
    }

    @Test
    void aClosedStreamTellsTheServerThatNothingFollows() throws Exception {
        RequestStream<Int32Value, Int32Value> stream =
                client.clientStreaming(EchoBinding.SUM, Int32Value.parser(), OPTIONS);
        stream.send(Int32Value.of(1));
        assertThat(peer.readFrame().flags()).isEqualTo(RawPeer.OPEN);
        assertThat(peer.readFrame().flags()).isZero();
        stream.close();
        RawPeer.Frame end = peer.readFrame();
        assertThat(end.type()).isEqualTo(RawPeer.DATA);
        assertThat(end.flags()).isEqualTo(RawPeer.CLOSED | RawPeer.NO_DATA);
        peer.sendFrame(1, RawPeer.RESPONSE, 0, NOTHING);
        assertThat(observer().await("dropped")).isEqualTo("dropped 1");
    }
}
