package io.saya.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.StringValue;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import io.saya.ttrpc.transport.PeerCheck;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Servers begin and end, and accept in between only the processes that may connect. */
class ServerLifeTest extends LoopbackTest {
    private static final StringValue HELLO = StringValue.of("hello");

    private static String echo(TtrpcClient client) throws Exception {
        return client.call(EchoBinding.ECHO, HELLO, StringValue.parser(), OPTIONS).getValue();
    }

    @Test
    void shutdownRemovesTheSocketAndRefusesWhatComesAfter() throws Exception {
        TtrpcServer server = serve(new EchoBinding.Echo() {});
        TtrpcClient client = connect();
        assertThat(echo(client)).isEqualTo("hello");
        server.shutdown(Duration.ofSeconds(5));
        assertThat(socket()).doesNotExist();
        assertThat(client.closed().toCompletableFuture().get(20, TimeUnit.SECONDS))
                .hasMessageContaining("closed the connection");
        assertThatThrownBy(this::connect)
                .isInstanceOf(ConnectionFailure.class)
                .hasMessageContaining("cannot connect to unix:" + socket());
        server.shutdown(Duration.ofSeconds(5));
    }

    @Test
    void whatIsOfferedLaterIsThereForThoseWhoAreConnected() throws Exception {
        TtrpcServer server = closedAfterwards(TtrpcServer.builder(transport()).listen(socket()));
        TtrpcClient client = connect();
        assertThatThrownBy(() -> echo(client)).hasMessageContaining("service " + EchoBinding.NAME);
        List<ServiceBinding> more = List.of(new EchoBinding(new EchoBinding.Echo() {}));
        server.offer(more);
        assertThat(echo(client)).isEqualTo("hello");
        assertThatThrownBy(() -> server.offer(more)).hasMessageContaining("bound twice");
        assertThat(echo(client)).isEqualTo("hello");
    }

    @Test
    void shutdownLetsCallsInProgressAnswerEvenWithManyBytes() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CompletableFuture<BytesValue> answer = new CompletableFuture<>();
        TtrpcServer server =
                serve(
                        new EchoBinding.Echo() {
                            @Override
                            public BytesValue bytes(CallContext context, BytesValue request)
                                    throws TtrpcException, InterruptedException {
                                started.countDown();
                                return context.await(answer);
                            }
                        });
        TtrpcClient client = connect();
        CompletableFuture<BytesValue> call =
                client.callAsync(
                        EchoBinding.BYTES,
                        BytesValue.getDefaultInstance(),
                        BytesValue.parser(),
                        OPTIONS);
        started.await();
        CompletableFuture<Void> down = new CompletableFuture<>();
        Thread.startVirtualThread(
                () -> {
                    try {
                        server.shutdown(PATIENCE);
                        down.complete(null);
                    } catch (InterruptedException e) {
                        down.completeExceptionally(e);
                    }
                });
        client.closed(); // Still open: the shutdown waits for the call.
        BytesValue large = BytesValue.of(ByteString.copyFrom(new byte[3 << 20]));
        answer.complete(large);
        assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo(large);
        down.get(20, TimeUnit.SECONDS);
    }

    @Test
    void shutdownCancelsCallsThatDoNotEndByThemselves() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        TtrpcServer server =
                serve(
                        new EchoBinding.Echo() {
                            @Override
                            public StringValue echo(CallContext context, StringValue request)
                                    throws TtrpcException, InterruptedException {
                                started.countDown();
                                return context.await(new CompletableFuture<>());
                            }
                        });
        TtrpcClient client = connect();
        CompletableFuture<StringValue> call =
                client.callAsync(
                        EchoBinding.ECHO, HELLO, StringValue.parser(), CallOptions.noDeadline());
        started.await();
        server.shutdown(Duration.ofMillis(10));
        assertThatThrownBy(() -> call.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        TtrpcStatusException.class,
                        e -> assertThat(e.code()).isEqualTo(StatusCode.UNAVAILABLE));
    }

    @Test
    void anInheritedListenerIsServedAndItsPathLeftAlone() throws Exception {
        Socket listener = Socket.newSocketDomain();
        listener.bind(new DomainSocketAddress(socket().toString()));
        listener.listen(16);
        TtrpcServer server = builder(new EchoBinding.Echo() {}).adopt(listener.intValue());
        assertThat(echo(connect())).isEqualTo("hello");
        server.close();
        assertThat(socket()).exists();
    }

    @Test
    void aPathInUseIsNotTakenOver() throws Exception {
        serve(new EchoBinding.Echo() {});
        assertThatThrownBy(() -> builder(new EchoBinding.Echo() {}).listen(socket()))
                .isInstanceOf(FileAlreadyExistsException.class)
                .hasMessageContaining(socket().toString());
        assertThat(echo(connect())).isEqualTo("hello");
    }

    @Test
    void aSocketIsForItsOwnerOnlyAndLeavesNoOtherFile() throws Exception {
        serve(new EchoBinding.Echo() {});
        assertThat(Files.getPosixFilePermissions(socket()))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(socket());
        }
    }

    @Test
    void aPathThatIsTooLongIsNamedWithItsLength() {
        Path path = directory.resolve("x".repeat(107));
        assertThatThrownBy(() -> builder(new EchoBinding.Echo() {}).listen(path))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("bytes (expected: 1 to 106)");
    }

    @Test
    void aServiceCannotBeBoundTwice() {
        assertThatThrownBy(
                        () ->
                                builder(new EchoBinding.Echo() {})
                                        .service(new EchoBinding(new EchoBinding.Echo() {}))
                                        .listen(socket()))
                .hasMessageContaining("test.Echo is bound twice");
    }

    @Test
    void peersOfTheSameUserAreAcceptedAndOthersAreNot() throws Exception {
        closedAfterwards(
                builder(new EchoBinding.Echo() {})
                        .peerCheck(PeerCheck.sameUser())
                        .listen(socket()));
        assertThat(echo(connect())).isEqualTo("hello");

        Path other = directory.resolve("o");
        closedAfterwards(
                builder(new EchoBinding.Echo() {})
                        .peerCheck((uid, gid) -> uid == 4711 && gid == 4711)
                        .listen(other));
        RawPeer refused = closedAfterwards(RawPeer.connect(other));
        assertThat(refused.readsEnd()).isTrue();
        assertThat(observer().await("refused")).contains("this user or group is not allowed");
    }

    @Test
    void connectionsBeyondTheLimitAreClosed() throws Exception {
        closedAfterwards(
                builder(new EchoBinding.Echo() {})
                        .limits(new ServerLimits(1, 10, 5L << 20))
                        .listen(socket()));
        TtrpcClient first = connect();
        assertThat(echo(first)).isEqualTo("hello");
        RawPeer second = closedAfterwards(RawPeer.connect(socket()));
        assertThat(second.readsEnd()).isTrue();
        assertThat(observer().await("refused")).contains("1 connections are open already");
        first.close();
        observer().await("closed");
        assertThat(echo(connect())).isEqualTo("hello");
    }

    @Test
    void aClosedTransportFailsCallsInsteadOfLosingThem() throws Exception {
        serve(new EchoBinding.Echo() {});
        TtrpcClient client = connect();
        assertThat(echo(client)).isEqualTo("hello");
        transport().close();
        assertThatThrownBy(() -> echo(client)).isInstanceOf(ConnectionFailure.class);
    }
}
