package io.saya.ttrpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.ttrpc.transport.ByteStream;
import io.saya.ttrpc.transport.Endpoint;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plain bytes at a port of a guest, which a vsock daemon leads to. */
class ByteStreamTest extends LoopbackTest {
    private static final String CONNECT = "CONNECT 1026\n";

    /** Far more than the sockets' buffers hold. */
    private static final long MUCH = 64 << 20;

    private ServerSocketChannel server;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    ByteStreamTest() {}

    @BeforeEach
    void listen() throws Exception {
        server = closedAfterwards(RawPeer.listen(socket()));
    }

    private CompletableFuture<ByteStream> connecting(Duration limit) {
        CompletableFuture<ByteStream> made = new CompletableFuture<>();
        Thread.startVirtualThread(
                () -> {
                    try {
                        made.complete(
                                ByteStream.connect(
                                        transport(), Endpoint.hybridVsock(socket(), 1026), limit));
                    } catch (Exception e) {
                        made.completeExceptionally(e);
                    }
                });
        return made;
    }

    private RawPeer accepted() throws Exception {
        RawPeer peer = closedAfterwards(RawPeer.accept(server));
        assertThat(peer.readBytes(CONNECT.length())).asString(US_ASCII).isEqualTo(CONNECT);
        return peer;
    }

    private static String text(ByteStream stream, int length) throws InterruptedException {
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            text.append(new String(stream.read(), US_ASCII));
        }
        return text.toString();
    }

    @Test
    void bytesGoBothWaysToTheEnd() throws Exception {
        CompletableFuture<ByteStream> connecting = connecting(PATIENCE);
        RawPeer peer = accepted();
        peer.send("OK 7\n# ".getBytes(US_ASCII)); // the prompt comes with the answer
        ByteStream stream = closedAfterwards(connecting.get(20, TimeUnit.SECONDS));
        assertThat(text(stream, 2)).isEqualTo("# ");
        stream.write("id\n".getBytes(US_ASCII));
        assertThat(peer.readBytes(3)).asString(US_ASCII).isEqualTo("id\n");
        peer.send("uid=0\n".getBytes(US_ASCII));
        assertThat(text(stream, 6)).isEqualTo("uid=0\n");
        peer.close();
        assertThat(stream.read()).isEmpty();
        assertThat(stream.read()).isEmpty();
    }

    @Test
    void nothingIsReadThatNobodyAsksFor() throws Exception {
        CompletableFuture<ByteStream> connecting = connecting(PATIENCE);
        RawPeer peer = accepted();
        peer.send("OK 7\n".getBytes(US_ASCII));
        ByteStream stream = closedAfterwards(connecting.get(20, TimeUnit.SECONDS));
        AtomicLong sent = new AtomicLong();
        Thread flood =
                Thread.startVirtualThread(
                        () -> {
                            try {
                                while (true) {
                                    peer.send(new byte[1 << 10]);
                                    sent.addAndGet(1 << 10);
                                }
                            } catch (IOException _) {
                                // Closed at the end of the test.
                            }
                        });
        long before = -1;
        // Several looks: on a busy host one may find that nothing was sent for want of a processor.
        for (int still = 0; still < 10 && before < MUCH; ) {
            TimeUnit.MILLISECONDS.sleep(100);
            long now = sent.get();
            still = now == before ? still + 1 : 0;
            before = now;
        }
        assertThat(before).isLessThan(MUCH);
        assertThat(flood.isAlive()).isTrue();
        long read = 0;
        while (read <= before) { // the peer goes on as soon as there is room
            read += stream.read().length;
        }
    }

    @Test
    void whoDoesNotAnswerIsGivenUpAndHungUpOnWhenTheAnswerComes() throws Exception {
        CompletableFuture<ByteStream> connecting = connecting(Duration.ofSeconds(2));
        RawPeer peer = accepted();
        assertThatThrownBy(() -> connecting.get(20, TimeUnit.SECONDS))
                .cause()
                .hasMessage("hvsock:" + socket() + ":1026: no answer in time");
        peer.send("OK 1\n".getBytes(US_ASCII));
        assertThat(peer.readsEnd()).isTrue();
    }
}
