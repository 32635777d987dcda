package io.saya.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A socket as the JDK has it, without Netty: each side reads and writes in a thread that waits. A
 * question is two numbers, the bytes that follow and those that are to come back. For one caller.
 */
final class SocketPair implements EchoPair, OutputPair {
    private static final int HEADER = 8;
    private static final int BUFFER = 64 << 10;

    private final Path directory = Files.createTempDirectory("bench");
    private final ServerSocketChannel listener =
            ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    private final SocketChannel client;
    private final ByteBuffer header = ByteBuffer.allocateDirect(HEADER);
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);

    SocketPair() throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("s"));
        listener.bind(address);
        client = SocketChannel.open(address);
        SocketChannel served = listener.accept();
        Thread.ofPlatform().daemon().name("server").start(() -> serve(served));
    }

    private static void serve(SocketChannel served) {
        ByteBuffer question = ByteBuffer.allocateDirect(HEADER);
        ByteBuffer bytes = ByteBuffer.allocateDirect(2 << 20);
        try (served) {
            while (fill(served, question.clear())) {
                int sent = question.flip().getInt();
                int wanted = question.getInt();
                fill(served, bytes.clear().limit(sent));
                for (int left = wanted; left > 0; left -= Math.min(left, bytes.capacity())) {
                    send(served, bytes.clear().limit(Math.min(left, bytes.capacity())));
                }
            }
        } catch (IOException e) {
            // The other side has gone.
        }
    }

    private static boolean fill(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                return false;
            }
        }
        return true;
    }

    private static void send(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private void ask(int sent, int wanted) throws IOException {
        header.clear();
        header.putInt(sent).putInt(wanted).flip();
        send(client, header);
    }

    @Override
    public BytesValue echo(BytesValue message) throws Exception {
        ByteString bytes = message.getValue();
        ask(bytes.size(), bytes.size());
        send(client, bytes.asReadOnlyByteBuffer());
        byte[] answer = new byte[bytes.size()];
        if (!fill(client, ByteBuffer.wrap(answer))) {
            throw new IOException("no answer");
        }
        return BytesValue.of(UnsafeByteOperations.unsafeWrap(answer));
    }

    @Override
    public void take(int bytes) throws Exception {
        ask(0, bytes);
        for (int left = bytes; left > 0; ) {
            int count = client.read(buffer.clear().limit(Math.min(left, BUFFER)));
            if (count < 0) {
                throw new IOException("no answer");
            }
            left -= count;
        }
    }

    @Override
    public void close() throws Exception {
        client.close();
        listener.close();
        Files.deleteIfExists(directory.resolve("s"));
        Files.delete(directory);
    }
}
