package io.saya.network.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.saya.network.QueuedStreams;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StreamRelayTest {
    private static final int CHUNK = 16 * 1024;
    private static final Duration SHORT = Duration.ofMillis(200);

    @TempDir Path directory;
    private SocketChannel ours;
    private SocketChannel peer;

    @BeforeEach
    void connect() throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("s"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(address);
            peer = SocketChannel.open(address);
            ours = server.accept();
        }
    }

    @AfterEach
    void hangUp() throws Exception {
        ours.close();
        peer.close();
    }

    @Test
    void aGuestThatTakesNothingIsGivenUp() throws Exception {
        QueuedStreams guest =
                new QueuedStreams() {
                    @Override
                    public void writeStdin(ByteString data) throws IOException {
                        awaitClosed(this);
                        throw new IOException("given up");
                    }
                };
        peer.write(ByteBuffer.allocate(1));
        assertThatThrownBy(() -> StreamRelay.toGuest(ours, guest, CHUNK, SHORT, guest::close))
                .hasMessage("what was said was not taken within PT0.2S");
    }

    @Test
    void aSocketThatTakesNothingIsGivenUp() {
        QueuedStreams guest = new QueuedStreams();
        // More than the kernel keeps of a socket that nobody reads.
        for (int i = 0; i < 1000; i++) {
            guest.said.add(ByteString.copyFrom(new byte[CHUNK]));
        }
        assertThatThrownBy(() -> StreamRelay.toClient(guest, ours, CHUNK, SHORT, this::closeOurs))
                .hasMessage("what was said was not taken within PT0.2S");
    }

    /** The limit is for what was said, not for when. */
    @Test
    void silenceIsNoReason() throws Exception {
        QueuedStreams guest = new QueuedStreams();
        Thread late =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try (SocketChannel talking = peer) {
                                        Thread.sleep(SHORT.multipliedBy(3));
                                        talking.write(ByteBuffer.allocate(1));
                                    } catch (IOException | InterruptedException e) {
                                        throw new AssertionError(e);
                                    }
                                });
        StreamRelay.toGuest(ours, guest, CHUNK, SHORT, guest::close);
        assertThat(guest.heard.take()).hasSize(1);
        assertThat(guest.heard.take()).isEmpty();
        assertThat(guest.isOpen()).isTrue();
        late.join();
    }

    private void closeOurs() {
        try {
            ours.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitClosed(QueuedStreams guest) {
        try {
            guest.closed.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
