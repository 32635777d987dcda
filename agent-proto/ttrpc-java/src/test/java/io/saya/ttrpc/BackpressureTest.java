package io.saya.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.Int32Value;
import com.google.protobuf.StringValue;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Peers that are slower than the senders they listen to. */
class BackpressureTest extends LoopbackTest {
    private static final int MEBIBYTE = 1 << 20;

    @Test
    void aClientThatDoesNotReadStopsTheStreamThatFloodsIt() throws Exception {
        AtomicInteger sent = new AtomicInteger();
        CountDownLatch finished = new CountDownLatch(1);
        serve(
                new EchoBinding.Echo() {
                    @Override
                    public void chat(
                            CallContext context,
                            MessageReceiver<BytesValue> requests,
                            MessageSender<BytesValue> responses)
                            throws TtrpcException, InterruptedException {
                        BytesValue chunk = BytesValue.of(ByteString.copyFrom(new byte[MEBIBYTE]));
                        for (int i = 0; i < 100; i++) {
                            responses.send(chunk);
                            sent.incrementAndGet();
                        }
                        finished.countDown();
                    }
                });
        RawPeer peer = closedAfterwards(RawPeer.connect(socket()));
        peer.sendRequest(1, RawPeer.OPEN, "Chat", BytesValue.getDefaultInstance());
        // The first message has arrived, and 99 that nobody reads have not all been taken.
        assertThat(peer.readFrame().payload().size()).isGreaterThan(MEBIBYTE);
        assertThat(finished.await(500, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(sent.get()).isLessThan(12);
        // What was held back comes as soon as somebody reads.
        for (int i = 1; i < 100; i++) {
            assertThat(peer.readFrame().payload().size()).isGreaterThan(MEBIBYTE);
        }
        assertThat(peer.readFrame().flags()).isEqualTo(RawPeer.CLOSED | RawPeer.NO_DATA);
        assertThat(finished.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void refusalsThatNobodyReadsStopTheReading() throws Exception {
        serve(new EchoBinding.Echo() {});
        RawPeer peer = closedAfterwards(RawPeer.connect(socket()));
        CompletableFuture<Integer> sent = new CompletableFuture<>();
        int frames = 100_000;
        Thread.startVirtualThread(
                () -> {
                    try {
                        for (int i = 0; i < frames; i++) {
                            peer.sendHeader(0, 1, RawPeer.DATA, 0);
                        }
                        sent.complete(frames);
                    } catch (Exception e) {
                        sent.completeExceptionally(e);
                    }
                });
        assertThatThrownBy(() -> sent.get(2, TimeUnit.SECONDS))
                .as("the flood is held back while its refusals wait")
                .isInstanceOf(TimeoutException.class);
        for (int i = 0; i < frames; i++) {
            assertThat(peer.readResponse()).startsWith("1 code 3");
        }
        assertThat(sent.get(20, TimeUnit.SECONDS)).isEqualTo(frames);
    }

    @Test
    void callsBeyondTheLimitAreRefusedSoThatOthersCanBeEnded() throws Exception {
        CompletableFuture<StringValue> answer = new CompletableFuture<>();
        CountDownLatch waiting = new CountDownLatch(2);
        EchoBinding.Echo service =
                new EchoBinding.Echo() {
                    @Override
                    public StringValue echo(CallContext context, StringValue request)
                            throws TtrpcException, InterruptedException {
                        waiting.countDown();
                        return context.await(answer);
                    }
                };
        closedAfterwards(
                builder(service).limits(new ServerLimits(10, 2, 5L << 20)).listen(socket()));
        TtrpcClient client = connect();
        List<CompletableFuture<StringValue>> calls = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            calls.add(call(client));
        }
        waiting.await();
        CompletableFuture<StringValue> third = call(client);
        assertThatThrownBy(() -> third.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .hasMessageContaining("2 calls of this connection are in progress");
        answer.complete(StringValue.of("done"));
        for (CompletableFuture<StringValue> call : calls) {
            assertThat(call.get(20, TimeUnit.SECONDS).getValue()).isEqualTo("done");
        }
        assertThat(call(client).get(20, TimeUnit.SECONDS).getValue()).isEqualTo("done");
    }

    private static CompletableFuture<StringValue> call(TtrpcClient client) {
        return client.callAsync(
                EchoBinding.ECHO,
                StringValue.getDefaultInstance(),
                StringValue.parser(),
                CallOptions.noDeadline());
    }

    @Test
    void aServerThatDoesNotReadBlocksCallersAndFailsThoseWhoCannotWait() throws Exception {
        ServerSocketChannel server = closedAfterwards(RawPeer.listen(socket()));
        TtrpcClient client = connect();
        RawPeer peer = closedAfterwards(RawPeer.accept(server));
        BytesValue chunk = BytesValue.of(ByteString.copyFrom(new byte[MEBIBYTE]));
        List<CompletableFuture<BytesValue>> calls = new ArrayList<>();
        CompletableFuture<BytesValue> refused = null;
        for (int i = 0; i < 20 && refused == null; i++) {
            CompletableFuture<BytesValue> call =
                    client.callAsync(EchoBinding.BYTES, chunk, BytesValue.parser(), OPTIONS);
            if (call.isCompletedExceptionally()) {
                refused = call;
            } else {
                calls.add(call);
            }
        }
        assertThat(refused).isNotNull();
        assertThat(calls).hasSizeBetween(4, 10);
        assertThatThrownBy(
                        () ->
                                client.call(
                                        EchoBinding.BYTES,
                                        chunk,
                                        BytesValue.parser(),
                                        CallOptions.timeout(Duration.ofMillis(100))))
                .isInstanceOfSatisfying(
                        TtrpcStatusException.class,
                        e -> assertThat(e.code()).isEqualTo(StatusCode.DEADLINE_EXCEEDED));
        CompletableFuture<Integer> patient = new CompletableFuture<>();
        Thread.startVirtualThread(
                () -> {
                    try {
                        client.call(EchoBinding.BYTES, chunk, BytesValue.parser(), OPTIONS);
                        patient.complete(1);
                    } catch (Exception e) {
                        patient.completeExceptionally(e);
                    }
                });
        for (int i = 0; i <= calls.size(); i++) {
            int streamId = peer.readFrame().streamId();
            assertThat(streamId).as("refused calls use up no id").isEqualTo(2 * i + 1);
            peer.sendFrame(streamId, RawPeer.RESPONSE, 0, new byte[0]);
        }
        assertThat(patient.get(20, TimeUnit.SECONDS)).isEqualTo(1);
    }

    @Test
    void aFloodOfSmallMessagesArrivesWhole() throws Exception {
        serve(new EchoBinding.Echo() {});
        TtrpcClient client = connect();
        try (ResponseStream<Int32Value> stream =
                client.serverStreaming(
                        EchoBinding.COUNT, Int32Value.of(200_000), Int32Value.parser(), OPTIONS)) {
            int received = 0;
            while (stream.receive() != null) {
                received++;
            }
            assertThat(received).isEqualTo(200_000);
        }
    }
}
