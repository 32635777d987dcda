package io.saya.network.ports;

import com.google.protobuf.ByteString;
import io.saya.io.GuestStreams;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Passes bytes between a socket of the host and a connection of the guest, a direction each. It
 * waits for bytes as long as there are none; how long those that have come wait to be taken is the
 * limit's.
 */
public final class StreamRelay {
    private static final int CHUNK = 128 * 1024;

    /** A program may take what it is told when it pleases. */
    private static final Duration UNLIMITED = Duration.ZERO;

    private StreamRelay() {}

    /** Returns when the socket has ended, and has told the guest. */
    public static void toGuest(SocketChannel client, GuestStreams guest) throws IOException {
        toGuest(client, guest, CHUNK);
    }

    /**
     * The same.
     *
     * @param chunk bytes that are on their way at once
     */
    public static void toGuest(SocketChannel client, GuestStreams guest, int chunk)
            throws IOException {
        toGuest(client, guest, chunk, UNLIMITED, () -> {});
    }

    /**
     * The same.
     *
     * @param limit how long a chunk may wait until the guest has taken it
     * @param giveUp called once that is over, by a thread that must not be blocked; has the guest's
     *     streams closed, so that they fail
     */
    public static void toGuest(
            SocketChannel client, GuestStreams guest, int chunk, Duration limit, Runnable giveUp)
            throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(chunk);
        while (client.read(buffer.clear()) >= 0) {
            buffer.flip();
            if (buffer.hasRemaining()) {
                ByteString data = ByteString.copyFrom(buffer);
                within(limit, giveUp, () -> guest.writeStdin(data));
            }
        }
        within(limit, giveUp, guest::closeStdin);
    }

    /** Returns when the guest has ended its direction. */
    public static void toClient(GuestStreams guest, SocketChannel client) throws IOException {
        toClient(guest, client, CHUNK);
    }

    /**
     * The same.
     *
     * @param chunk bytes that are on their way at once
     */
    public static void toClient(GuestStreams guest, SocketChannel client, int chunk)
            throws IOException {
        toClient(guest, client, chunk, UNLIMITED, () -> {});
    }

    /**
     * The same.
     *
     * @param limit how long a chunk may wait until the socket has taken it
     * @param giveUp called once that is over, by a thread that must not be blocked; has the socket
     *     closed, so that it fails
     */
    public static void toClient(
            GuestStreams guest, SocketChannel client, int chunk, Duration limit, Runnable giveUp)
            throws IOException {
        while (true) {
            ByteString data = guest.readStdout(chunk);
            if (data.isEmpty()) {
                return;
            }
            within(limit, giveUp, () -> write(data, client));
        }
    }

    private static void write(ByteString data, SocketChannel client) throws IOException {
        for (ByteBuffer part : data.asReadOnlyByteBufferList()) {
            while (part.hasRemaining()) {
                client.write(part);
            }
        }
    }

    private interface Transfer {
        void run() throws IOException;
    }

    private static void within(Duration limit, Runnable giveUp, Transfer transfer)
            throws IOException {
        if (limit.equals(UNLIMITED)) {
            transfer.run();
            return;
        }
        CompletableFuture<Boolean> taken = new CompletableFuture<>();
        var _ =
                taken.completeOnTimeout(false, limit.toNanos(), TimeUnit.NANOSECONDS)
                        .thenAccept(inTime -> giveUpUnless(inTime, giveUp));
        try {
            transfer.run();
        } catch (IOException e) {
            throw taken.complete(true)
                    ? e
                    : new IOException("what was said was not taken within " + limit, e);
        } finally {
            taken.complete(true);
        }
    }

    private static void giveUpUnless(boolean inTime, Runnable giveUp) {
        if (!inTime) {
            giveUp.run();
        }
    }
}
