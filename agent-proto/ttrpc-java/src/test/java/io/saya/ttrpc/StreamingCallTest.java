package io.saya.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.Int32Value;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StreamingCallTest extends LoopbackTest {
    private static BytesValue zeros(int size) {
        return BytesValue.of(ByteString.copyFrom(new byte[size]));
    }

    private static void assertCode(StatusCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        TtrpcStatusException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private ResponseStream<Int32Value> count(TtrpcClient client, int to) throws Exception {
        return client.serverStreaming(
                EchoBinding.COUNT, Int32Value.of(to), Int32Value.parser(), OPTIONS);
    }

    private static DuplexStream<BytesValue, BytesValue> chat(TtrpcClient client) throws Exception {
        return client.bidirectional(EchoBinding.CHAT, BytesValue.parser(), OPTIONS);
    }

    @Test
    void aServerStreamsMessagesInOrderToItsEnd() throws Exception {
        serve(new EchoBinding.Echo() {});
        TtrpcClient client = connect();
        try (ResponseStream<Int32Value> stream = count(client, 5000)) {
            for (int i = 0; i < 5000; i++) {
                assertThat(stream.receive()).isEqualTo(Int32Value.of(i));
            }
            assertThat(stream.receive()).isNull();
            assertThat(stream.receive()).isNull();
        }
        try (ResponseStream<Int32Value> empty = count(client, 0)) {
            assertThat(empty.receive()).isNull();
        }
    }

    @Test
    void aClientStreamsMessagesAndGetsOneAnswer() throws Exception {
        serve(new EchoBinding.Echo() {});
        TtrpcClient client = connect();
        try (RequestStream<Int32Value, Int32Value> stream =
                client.clientStreaming(EchoBinding.SUM, Int32Value.parser(), OPTIONS)) {
            for (int i = 1; i <= 1000; i++) {
                stream.send(Int32Value.of(i));
            }
            assertThat(stream.finish().getValue()).isEqualTo(500_500);
            assertThatThrownBy(() -> stream.send(Int32Value.of(1)))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void bothSidesStreamAtOnce() throws Exception {
        serve(new EchoBinding.Echo() {});
        TtrpcClient client = connect();
        try (DuplexStream<BytesValue, BytesValue> stream = chat(client)) {
            CompletableFuture<Integer> received = new CompletableFuture<>();
            Thread.startVirtualThread(() -> countMessages(stream, received));
            for (int i = 0; i < 500; i++) {
                stream.send(zeros(i % 3 == 0 ? 0 : 10_000));
            }
            stream.closeSending();
            stream.closeSending();
            assertThat(received.get(20, TimeUnit.SECONDS)).isEqualTo(500);
        }
    }

    private static void countMessages(
            MessageReceiver<BytesValue> stream, CompletableFuture<Integer> count) {
        try {
            int messages = 0;
            while (stream.receive() != null) {
                messages++;
            }
            count.complete(messages);
        } catch (Exception e) {
            count.completeExceptionally(e);
        }
    }

    @Test
    void aFailureEndsBothDirections() throws Exception {
        serve(
                new EchoBinding.Echo() {
                    @Override
                    public void chat(
                            CallContext context,
                            MessageReceiver<BytesValue> requests,
                            MessageSender<BytesValue> responses)
                            throws TtrpcException, InterruptedException {
                        BytesValue first = requests.receive();
                        responses.send(first == null ? zeros(0) : first);
                        throw new TtrpcStatusException(StatusCode.ABORTED, "enough");
                    }
                });
        TtrpcClient client = connect();
        try (DuplexStream<BytesValue, BytesValue> stream = chat(client)) {
            stream.send(zeros(3));
            BytesValue answer = stream.receive();
            assertThat(answer == null ? -1 : answer.getValue().size()).isEqualTo(3);
            assertCode(StatusCode.ABORTED, stream::receive);
            assertCode(StatusCode.ABORTED, () -> stream.send(zeros(1)));
        }
    }

    @Test
    void aMessageThatIsTooLargeIsRefusedBeforeItIsSent() throws Exception {
        serve(new EchoBinding.Echo() {});
        TtrpcClient client = connect();
        try (DuplexStream<BytesValue, BytesValue> stream = chat(client)) {
            assertCode(StatusCode.RESOURCE_EXHAUSTED, () -> stream.send(zeros(4 << 20)));
            stream.send(zeros((4 << 20) - 5));
            BytesValue answer = stream.receive();
            assertThat(answer == null ? -1 : answer.getValue().size()).isEqualTo((4 << 20) - 5);
        }
    }

    @Test
    void aStreamEndsAtItsDeadline() throws Exception {
        serve(new EchoBinding.Echo() {});
        TtrpcClient client = connect();
        try (DuplexStream<BytesValue, BytesValue> stream =
                client.bidirectional(
                        EchoBinding.CHAT,
                        BytesValue.parser(),
                        CallOptions.timeout(Duration.ofMillis(50)))) {
            assertCode(StatusCode.DEADLINE_EXCEEDED, stream::receive);
        }
    }

    @Test
    void theEndOfTheConnectionEndsAStreamOnBothSides() throws Exception {
        CompletableFuture<Throwable> handlerEnd = new CompletableFuture<>();
        serve(
                new EchoBinding.Echo() {
                    @Override
                    public void chat(
                            CallContext context,
                            MessageReceiver<BytesValue> requests,
                            MessageSender<BytesValue> responses)
                            throws TtrpcException, InterruptedException {
                        try {
                            responses.send(zeros(1));
                            @Nullable BytesValue unexpected = requests.receive();
                            handlerEnd.complete(new AssertionError("received " + unexpected));
                        } catch (TtrpcException e) {
                            handlerEnd.complete(e);
                        }
                    }
                });
        TtrpcClient client = connect();
        try (DuplexStream<BytesValue, BytesValue> stream = chat(client)) {
            assertThat(stream.receive()).isNotNull();
            client.close();
            assertThatThrownBy(stream::receive).isInstanceOf(ConnectionFailure.class);
        }
        assertThat(handlerEnd.get(20, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        TtrpcStatusException.class,
                        e -> assertThat(e.code()).isEqualTo(StatusCode.CANCELED));
    }

    @Test
    void aReaderThatStallsLosesItsStreamAndHindersNoOther() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CompletableFuture<StatusCode> handlerEnd = new CompletableFuture<>();
        serve(
                new EchoBinding.Echo() {
                    @Override
                    public Int32Value sum(CallContext context, MessageReceiver<Int32Value> requests)
                            throws TtrpcException, InterruptedException {
                        release.await();
                        try {
                            return EchoBinding.Echo.super.sum(context, requests);
                        } catch (TtrpcStatusException e) {
                            handlerEnd.complete(e.code());
                            throw e;
                        }
                    }
                });
        TtrpcClient client = connect();
        try (RequestStream<Int32Value, Int32Value> stalled =
                client.clientStreaming(EchoBinding.SUM, Int32Value.parser(), OPTIONS)) {
            for (int i = 0; i < 500; i++) {
                stalled.send(Int32Value.of(i));
            }
            try (ResponseStream<Int32Value> other = count(client, 3)) {
                assertThat(other.receive()).isEqualTo(Int32Value.of(0));
            }
            release.countDown();
            assertThat(handlerEnd.get(20, TimeUnit.SECONDS))
                    .isEqualTo(StatusCode.RESOURCE_EXHAUSTED);
            assertCode(StatusCode.RESOURCE_EXHAUSTED, stalled::finish);
        }
    }
}
