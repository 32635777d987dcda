package io.saya.ttrpc.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A connection on which plain bytes travel. Reads what its user asks for and nothing ahead, so that
 * a peer without end costs a few buffers. For one reader and one writer at a time; not on an event
 * loop.
 */
public final class ByteStream implements AutoCloseable {
    /** What is read at once. */
    private static final int PIECE = 4 << 10;

    private static final byte[] END = {};

    private final Channel channel;
    private final BlockingQueue<byte[]> arrived;

    private ByteStream(Channel channel, BlockingQueue<byte[]> arrived) {
        this.channel = channel;
        this.arrived = arrived;
    }

    /**
     * Connects.
     *
     * @param limit of the whole, the endpoint's preamble included
     * @throws IOException if nobody answers there, or not in time
     */
    public static ByteStream connect(Transport transport, Endpoint endpoint, Duration limit)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        Inbox inbox = new Inbox();
        ChannelFuture attempt = endpoint.connect(transport, inbox);
        Preamble preamble = endpoint.preamble();
        boolean ready = false;
        try {
            await(attempt.await(left(deadline)), attempt.cause(), endpoint);
            Channel channel = attempt.channel();
            Promise<Void> said = transport.eventLoop().newPromise();
            // On the loop, before any byte that follows is read: from here on who reads decides.
            var _ = said.addListener(_ -> stopReading(channel));
            transport.eventLoop().execute(() -> preamble.start(channel, said));
            await(said.await(left(deadline)), said.cause(), endpoint);
            ready = true;
            return new ByteStream(channel, inbox.arrived);
        } finally {
            if (!ready) {
                preamble.abandon(attempt.channel());
            }
        }
    }

    private static void await(boolean done, Throwable cause, Endpoint endpoint) throws IOException {
        if (!done) {
            throw new IOException(endpoint + ": no answer in time");
        }
        if (cause != null) {
            throw new IOException(endpoint + ": " + cause.getMessage(), cause);
        }
    }

    private static void stopReading(Channel channel) {
        var _ = channel.config().setAutoRead(false);
        channel.config()
                .setOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(PIECE));
    }

    private static long left(long deadline) {
        return Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
    }

    /** Waits for the next bytes; none are the end. */
    public byte[] read() throws InterruptedException {
        byte[] bytes = arrived.poll();
        if (bytes == null) {
            var _ = channel.read();
            bytes = arrived.take();
        }
        if (bytes.length == 0) {
            arrived.add(END); // for whoever asks again
        }
        return bytes;
    }

    /** Waits until the kernel has taken the bytes. */
    public void write(byte[] bytes) throws IOException, InterruptedException {
        ByteBuf buffer = channel.alloc().directBuffer(bytes.length).writeBytes(bytes);
        ChannelFuture written = channel.writeAndFlush(buffer).await();
        if (!written.isSuccess()) {
            throw new IOException(String.valueOf(written.cause().getMessage()), written.cause());
        }
    }

    /** Hangs up; who reads sees the end. */
    @Override
    public void close() {
        var _ = channel.close();
    }

    private static final class Inbox extends ChannelInboundHandlerAdapter {
        final BlockingQueue<byte[]> arrived = new LinkedBlockingQueue<>();

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            byte[] bytes = new byte[buffer.readableBytes()];
            buffer.readBytes(bytes).release();
            if (bytes.length > 0) {
                arrived.add(bytes);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            arrived.add(END);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // The end of the connection follows, and says enough.
            var _ = context.close();
        }
    }
}
