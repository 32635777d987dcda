package io.saya.network.sockets;

import com.google.protobuf.ByteString;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.host.LauncherAction;
import io.saya.host.SpawnSpec;
import io.saya.io.GuestStreams;
import io.saya.lifecycle.Pace;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.network.ports.StreamRelay;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;

/**
 * Carries connections that programs of the guest make to sockets of the guest's agent to the
 * sockets of the host that those stand for. A process, {@code saya-sockets}, connects there, with
 * the user and group that the guest tells; what passes through here is not looked at. Thread safe.
 */
public final class SocketRelay implements AutoCloseable {
    private static final Log LOG = Log.of("sockets");

    private static final String SOCKET = "sockets.sock";

    /** At once; the guest's agent takes as many and has others wait. */
    private static final int CONNECTIONS = 32;

    /**
     * Connections in one go, and a second in the long run: each is a process on the host, a
     * thousandth of a processor's second.
     */
    private static final int BURST = 500;

    private static final int PER_SECOND = 20;

    /** Of a direction of a connection: with all connections 3 MiB at most are on their way. */
    private static final int CHUNK = 32 * 1024;

    /** Four numbers of 32 bits: socket, connection, user, group. */
    private static final int NOTICE = 16;

    private static final int WISH = 10;

    private final Path socket;
    private final SocketGuest guest;
    private final LauncherAction process;
    private final IntFunction<Optional<Path>> sockets;
    private final Semaphore places = new Semaphore(CONNECTIONS);
    private final Pace pace = new Pace(BURST, PER_SECOND);
    private volatile boolean closed;

    private SocketRelay(
            Path socket,
            SocketGuest guest,
            LauncherAction process,
            IntFunction<Optional<Path>> sockets) {
        this.socket = socket;
        this.guest = guest;
        this.process = process;
        this.sockets = sockets;
    }

    /**
     * Begins.
     *
     * @param runDirectory where the socket of the process goes
     * @param sandboxId stands in the arguments of the process
     * @param sockets which socket of the host is meant by a number; the guest may say any
     * @throws IOException if the process cannot be made; nothing is left then
     * @throws RuntimeFailure if the guest cannot; nothing is left then
     */
    public static SocketRelay start(
            Host host,
            Path runDirectory,
            String sandboxId,
            SocketGuest guest,
            IntFunction<Optional<Path>> sockets)
            throws IOException {
        Path socket = runDirectory.resolve(SOCKET);
        LauncherAction process =
                LauncherAction.start(
                        host,
                        "sockets",
                        sandboxId,
                        "%fd:sockets%",
                        List.of(new SpawnSpec.InheritedSocket("sockets", socket)),
                        SpawnSpec.NEW_NETWORK_NAMESPACE);
        SocketRelay relay = new SocketRelay(socket, guest, process, sockets);
        process.whenEnded(() -> relay.ended(process.lastWords()));
        try {
            GuestStreams notices = guest.serveSockets();
            Thread.ofVirtual().name("sockets").start(() -> relay.take(notices));
        } catch (RuntimeException | Error e) {
            relay.close();
            throw e;
        }
        return relay;
    }

    /** Ends the process, and with it all connections; returns when it is reaped. */
    @Override
    public void close() throws IOException {
        closed = true;
        process.close();
    }

    private void ended(String why) {
        if (!closed) {
            LOG.warn("sockets of the host are not reached any more", "why", why);
        }
    }

    /** Until the guest ends, or tells what is none. */
    private void take(GuestStreams notices) {
        try (notices) {
            ByteBuffer notice = ByteBuffer.allocate(NOTICE);
            while (!closed) {
                ByteString told = notices.readStdout(notice.remaining());
                if (told.isEmpty()) {
                    ended("the guest takes no connections any more");
                    return;
                }
                told.copyTo(notice);
                if (!notice.hasRemaining()) {
                    notice.flip();
                    takeSurely(notice.getInt(), notice.getInt(), notice.getInt(), notice.getInt());
                    notice.clear();
                }
            }
        } catch (IOException | RuntimeException e) {
            ended(String.valueOf(e.getMessage()));
        }
    }

    /** One connection that cannot be taken is not the end of all others. */
    private void takeSurely(int number, int connection, int uid, int gid) {
        try {
            take(number, connection, uid, gid);
        } catch (RuntimeException | Error e) {
            LOG.warn("a connection to a socket of the host is not taken", "error", e);
        }
    }

    private void take(int number, int connection, int uid, int gid) {
        Duration rest = pace.spend(1);
        if (rest.isPositive() && !Waited.pause(rest)) {
            return;
        }
        Optional<Path> path = sockets.apply(number);
        GuestStreams streams = guest.socketConnection(connection);
        if (path.isEmpty() || !places.tryAcquire()) {
            streams.close();
            return;
        }
        Thread.ofVirtual()
                .name("socket")
                .start(
                        () -> {
                            try {
                                serve(path.get(), streams, uid, gid);
                            } finally {
                                // First, for a guest that is told tells of the next one at once.
                                places.release();
                                streams.close();
                            }
                        });
    }

    private void serve(Path path, GuestStreams streams, int uid, int gid) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            int error = ask(channel, path, uid, gid);
            if (error != 0) {
                LOG.debug("a socket of the host is not there", "socket", path, "errno", error);
                return;
            }
            CompletableFuture<Boolean> answered = new CompletableFuture<>();
            Thread.ofVirtual()
                    .name("answers")
                    .start(
                            () -> {
                                boolean whole = false;
                                try {
                                    whole = toGuest(channel, streams);
                                } finally {
                                    answered.complete(whole); // whatever has happened
                                }
                            });
            StreamRelay.toClient(streams, channel, CHUNK);
            channel.shutdownOutput();
            var _ = Waited.on(answered);
        } catch (IOException | RuntimeException e) {
            LOG.debug(
                    "connection to a socket ended",
                    "socket",
                    path,
                    "why",
                    String.valueOf(e.getMessage()));
        }
    }

    /** Returns whether all of it has reached the guest. */
    private static boolean toGuest(SocketChannel channel, GuestStreams streams) {
        try {
            StreamRelay.toGuest(channel, streams, CHUNK);
            return true;
        } catch (IOException | RuntimeException e) {
            LOG.debug("answers of a socket ended", "why", String.valueOf(e.getMessage()));
            try {
                channel.close(); // nobody reads them any more: the server is to know
            } catch (IOException suppressed) {
                LOG.debug("close", "why", suppressed.getMessage());
            }
            return false;
        }
    }

    /** Returns 0 or an errno. */
    private static int ask(SocketChannel channel, Path path, int uid, int gid) throws IOException {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer wish =
                ByteBuffer.allocate(WISH + name.length)
                        .putInt(uid)
                        .putInt(gid)
                        .putShort((short) name.length)
                        .put(name)
                        .flip();
        while (wish.hasRemaining()) {
            channel.write(wish);
        }
        ByteBuffer answer = ByteBuffer.allocate(1);
        if (channel.read(answer) != 1) {
            throw new IOException("saya-sockets has hung up");
        }
        return answer.get(0) & 0xff;
    }
}
