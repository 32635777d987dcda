package io.saya.agent;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A daemon of hybrid vsock, and the agent behind it, that do with each connection what a test
 * wants.
 */
final class ScriptedVsockDaemon implements AutoCloseable {

    /** What to do with one connection, whose CONNECT was read. */
    @FunctionalInterface
    interface Part {
        /**
         * Returns when nothing more is to be said; the connection stays open until the test ends.
         */
        void play(Line line) throws IOException, InterruptedException;
    }

    /** One connection. */
    record Line(SocketChannel channel) {
        void say(String text) throws IOException {
            write(text.getBytes(US_ASCII));
        }

        void hangUp() throws IOException {
            channel.close();
        }

        /** Answers CONNECT, and then each call as an agent that is up answers Check. */
        void agent() throws IOException {
            say("OK 1024\n");
            while (true) {
                ByteBuffer header = read(10);
                int length = header.getInt(0);
                read(length);
                write(
                        ByteBuffer.allocate(14)
                                .putInt(4)
                                .putInt(header.getInt(4))
                                .put((byte) 2)
                                .put((byte) 0)
                                .put(new byte[] {0x12, 2, 8, 1})
                                .array());
            }
        }

        /** True if the client has hung up. */
        boolean readsEnd() throws IOException {
            return channel.read(ByteBuffer.allocate(1)) < 0;
        }

        private void write(byte[] bytes) throws IOException {
            ByteBuffer left = ByteBuffer.wrap(bytes);
            while (left.hasRemaining()) {
                channel.write(left);
            }
        }

        private ByteBuffer read(int length) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(length);
            while (bytes.hasRemaining()) {
                if (channel.read(bytes) < 0) {
                    throw new IOException("the client has hung up");
                }
            }
            return bytes;
        }
    }

    /** The port that agents listen at. */
    static final int PORT = 1024;

    private static final String QUESTION = "CONNECT " + PORT + "\n";

    private final ServerSocketChannel listener;
    private final List<Part> parts;
    private final List<SocketChannel> open = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();

    /**
     * @param parts for the first connections; the last is played for all others as well
     */
    ScriptedVsockDaemon(Path socket, List<Part> parts) throws IOException {
        this.parts = List.copyOf(parts);
        this.listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofVirtual().start(this::accept);
    }

    /** How many connections there were. */
    int connections() {
        return connections.get();
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel channel = listener.accept();
                int number = connections.getAndIncrement();
                open.add(channel);
                Thread.ofVirtual().start(() -> serve(channel, number));
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    private void serve(SocketChannel channel, int number) {
        Line line = new Line(channel);
        try {
            String question = US_ASCII.decode(line.read(QUESTION.length()).flip()).toString();
            if (!question.equals(QUESTION)) {
                throw new IOException("not a question: " + question);
            }
            parts.get(Math.min(number, parts.size() - 1)).play(line);
        } catch (IOException e) {
            // The client, or the test, has hung up.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (SocketChannel channel : open) {
            channel.close();
        }
    }
}
