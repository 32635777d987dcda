package io.saya.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.StringValue;
import io.saya.ttrpc.wire.Metadata;
import io.saya.ttrpc.wire.MethodName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

class UnaryCallTest extends LoopbackTest {
    private static final StringValue HELLO = StringValue.of("hello");

    private static String echo(TtrpcClient client, String text) throws Exception {
        return client.call(EchoBinding.ECHO, StringValue.of(text), StringValue.parser(), OPTIONS)
                .getValue();
    }

    @Test
    void aCallIsAnsweredWithItsMessageMetadataAndDeadline() throws Exception {
        CompletableFuture<CallContext> seen = new CompletableFuture<>();
        EchoBinding.Echo service =
                new EchoBinding.Echo() {
                    @Override
                    public StringValue echo(CallContext context, StringValue request) {
                        seen.complete(context);
                        return StringValue.of(
                                request.getValue() + " " + context.metadata().all("k"));
                    }
                };
        serve(service);
        TtrpcClient client = connect();
        StringValue answer =
                client.call(
                        EchoBinding.ECHO,
                        HELLO,
                        StringValue.parser(),
                        OPTIONS.withMetadata(Metadata.of("K", "1").with("k", "2")));
        assertThat(answer.getValue()).isEqualTo("hello [1, 2]");
        CallContext context = seen.get();
        assertThat(context.remainingNanos()).isPositive().isLessThan(PATIENCE.toNanos());
        assertThat(context.connection().pid()).isEqualTo((int) ProcessHandle.current().pid());
        assertThat(context.streamId()).isEqualTo(1);
    }

    @Test
    void messagesUpToTheLimitPassAndOneByteMoreFailsOnlyItsOwnCall() throws Exception {
        serve(new EchoBinding.Echo() {});
        TtrpcClient client = connect();
        // Tag and length of the field in the message, of the message in the envelope, and the
        // names of the call.
        int largest = (4 << 20) - 5 - 5 - EchoBinding.NAME.length() - "Bytes".length() - 4 - 11;
        for (int size : new int[] {0, 1, 4095, 65536, 1 << 20, largest}) {
            BytesValue message = BytesValue.of(ByteString.copyFrom(new byte[size]));
            assertThat(client.call(EchoBinding.BYTES, message, BytesValue.parser(), OPTIONS))
                    .isEqualTo(message);
        }
        BytesValue tooLarge = BytesValue.of(ByteString.copyFrom(new byte[4 << 20]));
        assertStatus(
                StatusCode.RESOURCE_EXHAUSTED,
                () -> client.call(EchoBinding.BYTES, tooLarge, BytesValue.parser(), OPTIONS));
        assertThat(echo(client, "still there")).isEqualTo("still there");
    }

    @Test
    void aResponseThatIsTooLargeFailsOnlyItsOwnCall() throws Exception {
        EchoBinding.Echo service =
                new EchoBinding.Echo() {
                    @Override
                    public BytesValue bytes(CallContext context, BytesValue request) {
                        return BytesValue.of(ByteString.copyFrom(new byte[4 << 20]));
                    }
                };
        serve(service);
        TtrpcClient client = connect();
        assertStatus(
                StatusCode.RESOURCE_EXHAUSTED,
                () ->
                        client.call(
                                EchoBinding.BYTES,
                                BytesValue.getDefaultInstance(),
                                BytesValue.parser(),
                                OPTIONS));
        assertThat(echo(client, "still there")).isEqualTo("still there");
    }

    @Test
    void aCallThatWaitsHindersNoOther() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        EchoBinding.Echo service =
                new EchoBinding.Echo() {
                    @Override
                    public StringValue echo(CallContext context, StringValue request)
                            throws InterruptedException {
                        if (request.getValue().equals("wait")) {
                            release.await();
                        }
                        return request;
                    }
                };
        serve(service);
        TtrpcClient client = connect();
        CompletableFuture<StringValue> waiting =
                client.callAsync(
                        EchoBinding.ECHO,
                        StringValue.of("wait"),
                        StringValue.parser(),
                        CallOptions.noDeadline());
        for (int i = 0; i < 1000; i++) {
            assertThat(echo(client, "call " + i)).isEqualTo("call " + i);
        }
        assertThat(waiting).isNotDone();
        release.countDown();
        assertThat(waiting.get(20, TimeUnit.SECONDS).getValue()).isEqualTo("wait");
    }

    @Test
    void manyThreadsShareAConnectionAndManyConnectionsAServer() throws Exception {
        serve(new EchoBinding.Echo() {});
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        for (int c = 0; c < 5; c++) {
            TtrpcClient client = connect();
            for (int t = 0; t < 20; t++) {
                String name = c + "/" + t + "/";
                CompletableFuture<Void> done = new CompletableFuture<>();
                threads.add(done);
                Thread.startVirtualThread(() -> callMany(client, name, done));
            }
        }
        for (CompletableFuture<Void> thread : threads) {
            thread.get(60, TimeUnit.SECONDS);
        }
    }

    private static void callMany(TtrpcClient client, String name, CompletableFuture<Void> done) {
        try {
            for (int i = 0; i < 50; i++) {
                assertThat(echo(client, name + i)).isEqualTo(name + i);
            }
            done.complete(null);
        } catch (Throwable e) {
            done.completeExceptionally(e);
        }
    }

    @Test
    void failuresOfHandlersReachTheCallerByTheirCode() throws Exception {
        EchoBinding.Echo service =
                new EchoBinding.Echo() {
                    @Override
                    public StringValue echo(CallContext context, StringValue request)
                            throws TtrpcException {
                        if (request.getValue().isEmpty()) {
                            throw new IllegalStateException("nothing said");
                        }
                        throw new TtrpcStatusException(
                                StatusCode.valueOf(request.getValue()), "said so");
                    }
                };
        serve(service);
        TtrpcClient client = connect();
        for (StatusCode code : StatusCode.values()) {
            if (code != StatusCode.OK) {
                assertStatus(code, () -> echo(client, code.name())).hasMessage("said so");
            }
        }
        assertStatus(StatusCode.UNKNOWN, () -> echo(client, "")).hasMessage("nothing said");
        assertThat(observer().await("failed"))
                .isEqualTo("failed test.Echo/Echo: java.lang.IllegalStateException: nothing said");
    }

    @Test
    void unknownServicesAndMethodsAreUnimplementedAndSayWhich() throws Exception {
        serve(new EchoBinding.Echo() {});
        TtrpcClient client = connect();
        assertStatus(StatusCode.UNIMPLEMENTED, () -> callMethod(client, "no.Such", "Echo"))
                .hasMessageContaining("service no.Such");
        assertStatus(StatusCode.UNIMPLEMENTED, () -> callMethod(client, EchoBinding.NAME, "Shout"))
                .hasMessageContaining("method Shout");
        assertThat(echo(client, "still there")).isEqualTo("still there");
    }

    private static StringValue callMethod(TtrpcClient client, String service, String method)
            throws Exception {
        return client.call(MethodName.of(service, method), HELLO, StringValue.parser(), OPTIONS);
    }

    @Test
    void aDeadlineEndsTheCallersWaitAndTheHandlers() throws Exception {
        CompletableFuture<StatusCode> handlerEnd = new CompletableFuture<>();
        EchoBinding.Echo waiting = waitingFor(new CompletableFuture<>(), handlerEnd);
        CountDownLatch callerHasGone = new CountDownLatch(1);
        serve(
                new EchoBinding.Echo() {
                    @Override
                    public StringValue echo(CallContext context, StringValue request)
                            throws TtrpcException, InterruptedException {
                        try {
                            return waiting.echo(context, request);
                        } finally {
                            // On a busy host the answer would else be there before the caller
                            // sees that its time is over, and be taken.
                            assertThat(callerHasGone.await(20, TimeUnit.SECONDS)).isTrue();
                        }
                    }
                });
        TtrpcClient client = connect();
        assertStatus(
                StatusCode.DEADLINE_EXCEEDED,
                () ->
                        client.call(
                                EchoBinding.ECHO,
                                HELLO,
                                StringValue.parser(),
                                CallOptions.timeout(Duration.ofMillis(500))));
        assertThat(handlerEnd.get(20, TimeUnit.SECONDS)).isEqualTo(StatusCode.DEADLINE_EXCEEDED);
        callerHasGone.countDown();
        assertThat(observer().await("dropped")).isEqualTo("dropped 1");
        assertThat(client.droppedResponses()).isEqualTo(1);
    }

    @Test
    void theEndOfAConnectionReleasesItsHandlers() throws Exception {
        CompletableFuture<StatusCode> handlerEnd = new CompletableFuture<>();
        CountDownLatch started = new CountDownLatch(1);
        EchoBinding.Echo waiting = waitingFor(new CompletableFuture<>(), handlerEnd);
        EchoBinding.Echo service =
                new EchoBinding.Echo() {
                    @Override
                    public StringValue echo(CallContext context, StringValue request)
                            throws TtrpcException, InterruptedException {
                        started.countDown();
                        return waiting.echo(context, request);
                    }
                };
        serve(service);
        TtrpcClient client = connect();
        CompletableFuture<StringValue> call =
                client.callAsync(
                        EchoBinding.ECHO, HELLO, StringValue.parser(), CallOptions.noDeadline());
        started.await();
        client.close();
        assertThatThrownBy(() -> call.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(ConnectionFailure.class);
        assertThat(handlerEnd.get(20, TimeUnit.SECONDS)).isEqualTo(StatusCode.CANCELED);
        assertThat(observer().await("closed")).isEqualTo("closed 1");
    }

    private static EchoBinding.Echo waitingFor(
            CompletableFuture<StringValue> answer, CompletableFuture<StatusCode> end) {
        return new EchoBinding.Echo() {
            @Override
            public StringValue echo(CallContext context, StringValue request)
                    throws TtrpcException, InterruptedException {
                try {
                    return context.await(answer);
                } catch (TtrpcStatusException e) {
                    end.complete(e.code());
                    throw e;
                }
            }
        };
    }

    @Test
    void anInterruptEndsTheWaitOfItsCallerOnly() throws Exception {
        CompletableFuture<StringValue> answer = new CompletableFuture<>();
        serve(waitingFor(answer, new CompletableFuture<>()));
        TtrpcClient client = connect();
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        Thread caller =
                Thread.startVirtualThread(
                        () -> {
                            try {
                                echo(client, "x");
                            } catch (Throwable e) {
                                end.complete(e);
                            }
                        });
        caller.interrupt();
        assertThat(end.get(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        answer.complete(HELLO);
        assertThat(echo(client, "y")).isEqualTo("hello");
    }

    private interface Call {
        Object make() throws Exception;
    }

    private static AbstractThrowableAssert<?, ?> assertStatus(StatusCode code, Call call) {
        return assertThatThrownBy(call::make)
                .isInstanceOfSatisfying(
                        TtrpcStatusException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
