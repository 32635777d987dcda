package io.saya.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.google.protobuf.StringValue;
import io.saya.ttrpc.transport.DescriptorOffer;
import io.saya.ttrpc.transport.Transport;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Connections that one side hands over to another process: here to another transport, by the same
 * descriptors.
 */
final class HandoverTest extends LoopbackTest {
    private static final Duration SHORT = Duration.ofMillis(200);

    /** Answers "wait" when the latch opens, all else at once. */
    private record Waiting(CountDownLatch latch, AtomicInteger begun, String name)
            implements EchoBinding.Echo {
        @Override
        public StringValue echo(CallContext context, StringValue request)
                throws InterruptedException {
            if (request.getValue().equals("wait")) {
                begun.incrementAndGet();
                latch.await();
            }
            return StringValue.of(name + " " + request.getValue());
        }
    }

    private static StringValue text(String value) {
        return StringValue.of(value);
    }

    @Test
    void aCallThatWaitsIsAnsweredByTheServerThatGoesOn() throws Exception {
        var never = new CountDownLatch(1);
        var asked = new AtomicInteger();
        var first = serve(new Waiting(never, asked, "first"));
        var client = connect();
        assertThat(client.call(EchoBinding.ECHO, text("a"), StringValue.parser(), OPTIONS))
                .isEqualTo(text("first a"));
        var answer =
                client.callAsync(EchoBinding.ECHO, text("wait"), StringValue.parser(), OPTIONS);
        await(asked);

        var held = first.hold(method -> method.method().equals("Echo"), PATIENCE).orElseThrow();
        var later = client.callAsync(EchoBinding.ECHO, text("b"), StringValue.parser(), OPTIONS);
        assertThat(held.connections()).hasSize(1);
        assertThat(held.connections().getFirst().requests()).hasSize(1);

        var second = closedAfterwards(Transport.open("second"));
        var now = new CountDownLatch(0);
        var descriptors = passed(held);
        var server =
                closedAfterwards(
                        TtrpcServer.builder(second)
                                .service(
                                        new EchoBinding(
                                                new Waiting(now, new AtomicInteger(), "second")))
                                .adopt(descriptors.getFirst()));
        server.goOn(
                List.of(
                        new HeldConnection(
                                descriptors.getLast(),
                                held.connections().getFirst().lastStreamId(),
                                held.connections().getFirst().requests(),
                                held.connections().getFirst().unfinished())));
        assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo(text("second wait"));
        assertThat(later.get(20, TimeUnit.SECONDS)).isEqualTo(text("second b"));
        never.countDown();
    }

    @Test
    void halfAFrameIsHandedOver() throws Exception {
        var first = serve(new Waiting(new CountDownLatch(0), new AtomicInteger(), "first"));
        try (var peer = RawPeer.connect(socket())) {
            var request = RawPeer.request(EchoBinding.NAME, "Echo", text("whole"));
            var frame =
                    ByteBuffer.allocate(10 + request.length)
                            .putInt(request.length)
                            .putInt(1)
                            .put((byte) RawPeer.REQUEST)
                            .put((byte) RawPeer.CLOSED)
                            .put(request)
                            .array();
            peer.send(Arrays.copyOf(frame, 17));
            var held = heldWithUnfinished(first);
            assertThat(held.connections().getFirst().unfinished()).hasSize(17);

            var second = closedAfterwards(Transport.open("second"));
            var descriptors = passed(held);
            var server =
                    closedAfterwards(
                            TtrpcServer.builder(second)
                                    .service(
                                            new EchoBinding(
                                                    new Waiting(
                                                            new CountDownLatch(0),
                                                            new AtomicInteger(),
                                                            "second")))
                                    .adopt(descriptors.getFirst()));
            server.goOn(
                    List.of(
                            new HeldConnection(
                                    descriptors.getLast(),
                                    held.connections().getFirst().lastStreamId(),
                                    List.of(),
                                    held.connections().getFirst().unfinished())));
            peer.send(Arrays.copyOfRange(frame, 17, frame.length));
            assertThat(peer.readFrame().streamId()).isEqualTo(1);
        }
    }

    private static HeldServer heldWithUnfinished(TtrpcServer server) throws Exception {
        while (true) {
            var held = server.hold(_ -> false, PATIENCE).orElseThrow();
            if (!held.connections().isEmpty()
                    && held.connections().getFirst().unfinished().length > 0) {
                return held;
            }
            server.release(); // the bytes have not come yet
        }
    }

    @Test
    void aServerWhoseCallsDoNotEndGoesOn() throws Exception {
        var latch = new CountDownLatch(1);
        var asked = new AtomicInteger();
        var server = serve(new Waiting(latch, asked, "first"));
        var client = connect();
        var answer =
                client.callAsync(EchoBinding.ECHO, text("wait"), StringValue.parser(), OPTIONS);
        await(asked);
        assertThat(server.hold(_ -> false, SHORT)).isEmpty();
        assertThat(client.call(EchoBinding.ECHO, text("a"), StringValue.parser(), OPTIONS))
                .isEqualTo(text("first a"));
        latch.countDown();
        assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo(text("first wait"));
    }

    /** The event loop of a host that is overloaded may be that late. */
    @Test
    void whatIsHeldAfterTheLimitIsHeldForNobody() throws Exception {
        var _ = serve(new Waiting(new CountDownLatch(0), new AtomicInteger(), "server"));
        var client = connect();
        var givenUp = new CountDownLatch(1);
        assertThat(client.hold(_ -> true, _ -> opens(givenUp), SHORT)).isEmpty();
        givenUp.countDown();
        assertThat(client.call(EchoBinding.ECHO, text("a"), StringValue.parser(), OPTIONS))
                .isEqualTo(text("server a"));
    }

    @Test
    void whereTheQuestionWhetherItIsTheTimeFailsNothingIsHeld() throws Exception {
        var _ = serve(new Waiting(new CountDownLatch(0), new AtomicInteger(), "server"));
        var client = connect();
        assertThatIllegalStateException()
                .isThrownBy(
                        () ->
                                client.hold(
                                        _ -> true,
                                        _ -> {
                                            throw new IllegalStateException("unforeseen");
                                        },
                                        PATIENCE));
        assertThat(client.call(EchoBinding.ECHO, text("a"), StringValue.parser(), OPTIONS))
                .isEqualTo(text("server a"));
    }

    @Test
    @Timeout(30)
    void whereTheQuestionWhatMayBeRepeatedFailsTheServerGoesOn() throws Exception {
        var latch = new CountDownLatch(1);
        var asked = new AtomicInteger();
        var server = serve(new Waiting(latch, asked, "server"));
        var client = connect();
        var answer =
                client.callAsync(EchoBinding.ECHO, text("wait"), StringValue.parser(), OPTIONS);
        await(asked);
        assertThatIllegalStateException()
                .isThrownBy(
                        () ->
                                server.hold(
                                        _ -> {
                                            throw new IllegalStateException("unforeseen");
                                        },
                                        PATIENCE));
        latch.countDown();
        assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo(text("server wait"));
    }

    private static boolean opens(CountDownLatch latch) {
        try {
            return latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whoeverAsksTheSameAgainGetsTheAnswerToTheFirstQuestion() throws Exception {
        var latch = new CountDownLatch(1);
        var asked = new AtomicInteger();
        var _ = serve(new Waiting(latch, asked, "server"));
        var first = connect();
        var lost = first.callAsync(EchoBinding.ECHO, text("wait"), StringValue.parser(), OPTIONS);
        await(asked);
        assertThat(first.hold(_ -> true, List::isEmpty, SHORT)).isEmpty();
        assertThat(first.hold(_ -> false, _ -> true, SHORT)).isEmpty();
        var held = first.hold(_ -> true, methods -> methods.size() == 1, PATIENCE).orElseThrow();
        assertThat(lost).isNotDone();

        var second = closedAfterwards(Transport.open("second"));
        var client =
                closedAfterwards(
                        TtrpcClient.goOn(
                                second,
                                new HeldClient(
                                        duplicate(held.descriptor()),
                                        held.nextStreamId(),
                                        held.calls(),
                                        held.unfinished()),
                                "the server",
                                ClientOptions.connectWithin(PATIENCE)));
        latch.countDown();
        // The answer may come before anybody asks again.
        assertThat(client.call(EchoBinding.ECHO, text("a"), StringValue.parser(), OPTIONS))
                .isEqualTo(text("server a"));
        assertThat(client.call(EchoBinding.ECHO, text("wait"), StringValue.parser(), OPTIONS))
                .isEqualTo(text("server wait"));
        assertThat(asked).hasValue(1);
        assertThat(client.droppedResponses()).isZero();
    }

    private List<Integer> passed(HeldServer held) throws Exception {
        return passed(List.of(held.listener(), held.connections().getFirst().descriptor()));
    }

    private int duplicate(int descriptor) throws Exception {
        return passed(List.of(descriptor)).getFirst();
    }

    /** As another process gets them. */
    private List<Integer> passed(List<Integer> descriptors) throws Exception {
        var at = directory.resolve("offer");
        try (var _ = DescriptorOffer.open(transport(), at, () -> descriptors)) {
            return DescriptorOffer.take(transport(), at, PATIENCE);
        }
    }

    private static void await(AtomicInteger begun) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (begun.get() == 0 && System.nanoTime() - end < 0) {
            Thread.onSpinWait();
        }
        assertThat(begun).hasValue(1);
    }
}
