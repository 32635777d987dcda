package io.saya.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.saya.ttrpc.transport.Endpoint;
import java.io.ByteArrayOutputStream;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections to a guest: what is said before ttrpc begins, and guests that are not there yet. */
class HybridVsockTest extends LoopbackTest {
    private static final byte[] CONNECT = ascii("CONNECT 1024\n");

    private ServerSocketChannel server;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    HybridVsockTest() {}

    @BeforeEach
    void listen() throws Exception {
        server = closedAfterwards(RawPeer.listen(socket()));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private CompletableFuture<TtrpcClient> connecting(Duration timeout) {
        CompletableFuture<TtrpcClient> client = new CompletableFuture<>();
        Thread.startVirtualThread(
                () -> {
                    try {
                        client.complete(
                                TtrpcClient.connect(
                                        transport(),
                                        Endpoint.hybridVsock(socket(), 1024),
                                        ClientOptions.connectWithin(timeout)));
                    } catch (Exception e) {
                        client.completeExceptionally(e);
                    }
                });
        return client;
    }

    private RawPeer acceptConnect() throws Exception {
        RawPeer peer = closedAfterwards(RawPeer.accept(server));
        assertThat(peer.readBytes(CONNECT.length)).isEqualTo(CONNECT);
        return peer;
    }

    @Test
    void theAnswerIsReadToItsLineEndAndNotAByteFurther() throws Exception {
        CompletableFuture<TtrpcClient> connecting = connecting(PATIENCE);
        RawPeer peer = acceptConnect();
        for (byte next : ascii("OK 4711")) {
            peer.send(new byte[] {next});
        }
        assertThat(connecting).isNotDone();
        // The line end comes in one piece with the first ttrpc frame, which answers nobody, and a
        // part of the second.
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        rest.writeBytes(ascii("\n"));
        rest.writeBytes(new byte[] {0, 0, 0, 0, 0, 0, 0, 99, 2, 0, 0, 0, 0, 2});
        peer.send(rest.toByteArray());
        TtrpcClient client = closedAfterwards(connecting.get(20, TimeUnit.SECONDS));
        CompletableFuture<StringValue> call =
                client.callAsync(
                        EchoBinding.ECHO, StringValue.of("x"), StringValue.parser(), OPTIONS);
        assertThat(peer.readFrame().streamId()).isEqualTo(1);
        peer.send(new byte[] {0, 0, 0, 1, 2, 0, 0x12, 0});
        assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo(StringValue.getDefaultInstance());
        assertThat(client.droppedResponses()).isEqualTo(1);
    }

    @Test
    void aPortThatNobodyListensOnIsAFailureThatSaysSo() throws Exception {
        CompletableFuture<TtrpcClient> connecting = connecting(PATIENCE);
        acceptConnect().close();
        assertThatThrownBy(() -> connecting.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(ConnectionFailure.class)
                .hasMessageContaining("hvsock:" + socket() + ":1024")
                .hasMessageContaining("nothing listens on that port");
    }

    @Test
    void anotherAnswerIsShownHarmlessly() throws Exception {
        CompletableFuture<TtrpcClient> connecting = connecting(PATIENCE);
        RawPeer peer = acceptConnect();
        peer.send(ascii("NO\u001b[2J\n"));
        assertThatThrownBy(() -> connecting.get(20, TimeUnit.SECONDS))
                .cause()
                .hasMessageContaining("answer to CONNECT: 'NO?[2J'");
        assertThat(peer.readsEnd()).isTrue();
    }

    @Test
    void anAnswerWithoutEndIsNotReadForEver() throws Exception {
        CompletableFuture<TtrpcClient> connecting = connecting(PATIENCE);
        acceptConnect().send(ascii("OK 1111111111111111111111111111111111111111"));
        assertThatThrownBy(() -> connecting.get(20, TimeUnit.SECONDS))
                .cause()
                .hasMessageContaining("expected: 'OK <port>'");
    }

    @Test
    void silenceEndsAtTheDeadlineAndTheConnectionWithTheAnswer() throws Exception {
        CompletableFuture<TtrpcClient> connecting = connecting(Duration.ofSeconds(2));
        RawPeer peer = acceptConnect();
        assertThatThrownBy(() -> connecting.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(ConnectionFailure.class)
                .hasMessageContaining("within 2000 ms");
        // The daemon would not survive that it finds nobody to tell.
        assertThat(peer.readsNothingYet()).isTrue();
        peer.send(ascii("OK 1\n"));
        assertThat(peer.readsEnd()).isTrue();
    }

    @Test
    void aConnectionThatWasGivenUpEndsWithAnAnswerThatIsNone() throws Exception {
        CompletableFuture<TtrpcClient> connecting = connecting(Duration.ofSeconds(2));
        RawPeer peer = acceptConnect();
        assertThatThrownBy(() -> connecting.get(20, TimeUnit.SECONDS)).isNotNull();
        peer.send(ascii("nonsense that has no end and is longer than an answer"));
        assertThat(peer.readsEnd()).isTrue();
    }
}
