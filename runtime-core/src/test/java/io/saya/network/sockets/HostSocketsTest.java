package io.saya.network.sockets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.io.GuestStreams;
import io.saya.network.QueuedStreams;
import io.saya.oci.OciSpec.OciMount;
import io.saya.task.FakeHost;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HostSocketsTest {
    @TempDir Path directory;

    private static final class Guest implements SocketGuest {
        @Override
        public GuestStreams serveSockets() {
            return new QueuedStreams();
        }

        @Override
        public void offerSocket(int number, HostSocket socket) {}

        @Override
        public void mountSocket(int number, String containerId, String path) {}

        @Override
        public GuestStreams socketConnection(int connection) {
            throw new AssertionError("nobody connects");
        }
    }

    @Test
    void aBeginningThatAFaultEndsIsTriedAgain() throws Exception {
        Path socket = directory.toRealPath().resolve("host.sock");
        AtomicInteger asked = new AtomicInteger();
        HostSockets sockets =
                new HostSockets(
                        new FakeHost(),
                        directory,
                        "sandbox",
                        List.of(socket.toString()),
                        () -> {
                            if (asked.incrementAndGet() == 1) {
                                throw new IllegalStateException("nobody has thought of it");
                            }
                            return new Guest();
                        });
        List<OciMount> mounts =
                List.of(new OciMount("/host.sock", "bind", socket.toString(), List.of()));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            assertThatThrownBy(() -> sockets.sources(mounts)).hasMessageContaining("nobody");
            assertThat(sockets.sources(mounts)).containsKey(socket.toString());
        }
        sockets.end();
    }
}
