package io.saya.network.sockets;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.saya.host.guard.RealGuard;
import io.saya.io.GuestStreams;
import io.saya.lifecycle.Waited;
import io.saya.network.QueuedStreams;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** With the real guard, and a guest that says what it likes. */
@EnabledIf("io.saya.host.guard.RealGuard#available")
@Timeout(60)
class SocketRelayTest {

    @TempDir Path directory;

    private static final class Guest implements SocketGuest {
        final QueuedStreams notices = new QueuedStreams();
        private volatile int broken;
        private final Map<Integer, QueuedStreams> connections = new ConcurrentHashMap<>();

        @Override
        public GuestStreams serveSockets() {
            return notices;
        }

        @Override
        public void offerSocket(int number, HostSocket socket) {}

        @Override
        public void mountSocket(int number, String containerId, String path) {}

        @Override
        public QueuedStreams socketConnection(int connection) {
            if (connection == broken) {
                throw new IllegalStateException("nobody has thought of it");
            }
            return connections.computeIfAbsent(connection, _ -> new QueuedStreams());
        }

        void has(int connection, QueuedStreams streams) {
            connections.put(connection, streams);
        }

        /** To ask for it is a fault. */
        void breaksAt(int connection) {
            broken = connection;
        }

        void tell(int number, int connection) {
            notices.said.add(
                    ByteString.copyFrom(
                            ByteBuffer.allocate(16)
                                    .putInt(number)
                                    .putInt(connection)
                                    .putInt(0)
                                    .putInt(0)
                                    .flip()));
        }
    }

    @Test
    void aConnectionIsCarriedBothWaysAndEachEndsByItself() throws Exception {
        Path path = directory.toRealPath().resolve("host.sock");
        Guest guest = new Guest();
        try (RealGuard guard = new RealGuard(directory);
                ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                SocketRelay relay = relay(guard, guest, path)) {
            server.bind(UnixDomainSocketAddress.of(path));
            guest.tell(1, 7);
            try (SocketChannel peer = server.accept()) {
                QueuedStreams connection = guest.socketConnection(7);
                connection.said.add(ByteString.copyFromUtf8("question"));
                ByteBuffer read = ByteBuffer.allocate(100);
                assertThat(peer.read(read)).isEqualTo(8);
                connection.said.add(ByteString.EMPTY);
                assertThat(peer.read(read)).as("the end of that direction").isEqualTo(-1);
                peer.write(ByteBuffer.wrap("answer".getBytes(StandardCharsets.UTF_8)));
                assertThat(connection.heard.take()).isEqualTo(ByteString.copyFromUtf8("answer"));
            }
            assertThat(guest.socketConnection(7).heard.take()).isEmpty();
            assertThat(guest.socketConnection(7).closed.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(relay).isNotNull();
        }
    }

    @Test
    void aGuestThatFailsOtherwiseThanExpectedIsForgottenAsWell() throws Exception {
        Path path = directory.toRealPath().resolve("host.sock");
        Guest guest = new Guest();
        QueuedStreams failing =
                new QueuedStreams() {
                    @Override
                    public void writeStdin(ByteString data) {
                        throw new IllegalStateException("nobody has thought of it");
                    }
                };
        guest.has(7, failing);
        try (RealGuard guard = new RealGuard(directory);
                ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                SocketRelay relay = relay(guard, guest, path)) {
            server.bind(UnixDomainSocketAddress.of(path));
            guest.tell(1, 7);
            try (SocketChannel peer = server.accept()) {
                peer.write(ByteBuffer.wrap("answer".getBytes(StandardCharsets.UTF_8)));
                assertThat(peer.read(ByteBuffer.allocate(1))).as("the server knows").isEqualTo(-1);
            }
            failing.said.add(ByteString.EMPTY);
            assertThat(failing.closed.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(relay).isNotNull();
        }
    }

    @Test
    void aConnectionThatCannotBeTakenIsNotTheLast() throws Exception {
        Path path = directory.toRealPath().resolve("host.sock");
        Guest guest = new Guest();
        guest.breaksAt(6);
        try (RealGuard guard = new RealGuard(directory);
                ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                SocketRelay relay = relay(guard, guest, path)) {
            server.bind(UnixDomainSocketAddress.of(path));
            guest.tell(0, 6);
            guest.tell(1, 7);
            try (SocketChannel peer = server.accept()) {
                assertThat(peer.isConnected()).isTrue();
            }
            assertThat(relay).isNotNull();
        }
    }

    /** Numbers that none has, more at once than there are places, a server that is not there. */
    @Test
    void whatAGuestMayNotHaveIsClosed() throws Exception {
        Path path = directory.toRealPath().resolve("host.sock");
        Guest guest = new Guest();
        List<SocketChannel> peers = new ArrayList<>();
        try (RealGuard guard = new RealGuard(directory);
                ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                SocketRelay relay = relay(guard, guest, path)) {
            for (int number : new int[] {0, 2, -1, Integer.MAX_VALUE}) {
                guest.tell(number, 1000 + Math.floorMod(number, 100));
                assertThat(
                                guest.socketConnection(1000 + Math.floorMod(number, 100))
                                        .closed
                                        .await(20, TimeUnit.SECONDS))
                        .as("socket %s", number)
                        .isTrue();
            }
            guest.tell(1, 500);
            assertThat(guest.socketConnection(500).closed.await(20, TimeUnit.SECONDS))
                    .as("nobody listens")
                    .isTrue();
            server.bind(UnixDomainSocketAddress.of(path));
            for (int connection = 1; connection <= 33; connection++) {
                guest.tell(1, connection);
            }
            assertThat(guest.socketConnection(33).closed.await(20, TimeUnit.SECONDS))
                    .as("one too many")
                    .isTrue();
            for (int i = 0; i < 32; i++) {
                peers.add(server.accept());
            }
            assertThat(guest.connections.values().stream().filter(QueuedStreams::isOpen).count())
                    .isEqualTo(32);
            for (SocketChannel peer : peers) {
                peer.close();
            }
            assertThat(relay).isNotNull();
        }
    }

    /** As the guest's agent does, which has as many places, and others wait in its queue. */
    @Test
    void whoeverComesAsSoonAsThereIsRoomIsTaken() throws Exception {
        Path path = directory.toRealPath().resolve("host.sock");
        Guest guest = new Guest();
        QueuedStreams next = guest.socketConnection(33);
        CountDownLatch answered = new CountDownLatch(1);
        QueuedStreams first =
                new QueuedStreams() {
                    @Override
                    public void close() {
                        super.close();
                        guest.tell(1, 33);
                        // Whoever serves the first one is held until it is seen what becomes of
                        // the next.
                        Waited.happens(
                                Duration.ofSeconds(20),
                                nanos -> answered.await(nanos, TimeUnit.NANOSECONDS));
                    }
                };
        guest.has(1, first);
        List<SocketChannel> peers = new ArrayList<>();
        try (RealGuard guard = new RealGuard(directory);
                ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                SocketRelay relay = relay(guard, guest, path)) {
            server.bind(UnixDomainSocketAddress.of(path));
            for (int connection = 1; connection <= 32; connection++) {
                guest.tell(1, connection);
                peers.add(server.accept());
            }
            first.said.add(ByteString.EMPTY);
            peers.getFirst().close();
            peers.set(0, server.accept());
            answered.countDown();
            next.said.add(ByteString.copyFromUtf8("question"));
            assertThat(peers.getFirst().read(ByteBuffer.allocate(100))).isEqualTo(8);
            for (SocketChannel peer : peers) {
                peer.close();
            }
            assertThat(relay).isNotNull();
        }
    }

    private SocketRelay relay(RealGuard guard, Guest guest, Path path) throws Exception {
        return SocketRelay.start(
                guard.host(),
                directory,
                "sandbox",
                guest,
                number -> number == 1 ? Optional.of(path) : Optional.empty());
    }
}
