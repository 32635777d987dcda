package io.saya.network.ports;

import com.google.protobuf.ByteString;
import io.saya.io.GuestStreams;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Passes bytes between a socket of the host and a connection of the guest, a direction each. */
public final class StreamRelay {
    private static final int CHUNK = 128 * 1024;

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
        ByteBuffer buffer = ByteBuffer.allocate(chunk);
        while (client.read(buffer.clear()) >= 0) {
            buffer.flip();
            if (buffer.hasRemaining()) {
                guest.writeStdin(ByteString.copyFrom(buffer));
            }
        }
        guest.closeStdin();
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
        while (true) {
            ByteString data = guest.readStdout(chunk);
            if (data.isEmpty()) {
                return;
            }
            for (ByteBuffer part : data.asReadOnlyByteBufferList()) {
                while (part.hasRemaining()) {
                    client.write(part);
                }
            }
        }
    }
}
