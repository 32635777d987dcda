package io.saya.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.local.LocalAddress;
import io.saya.grpc.carrier.YamuxSession;
import io.saya.grpc.carrier.YamuxStream;
import io.saya.ttrpc.transport.Transport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/**
 * Bytes that a server sends without a protocol, on the socket itself or in a stream of a yamux
 * session. For one caller.
 */
final class BytesOutput implements OutputPair {
    private static final int CALL_SECONDS = 20;

    private final Path directory = Files.createTempDirectory("bench");
    private final Transport serverTransport = Transport.open("server");
    private final Transport clientTransport = Transport.open("client");
    private final SynchronousQueue<Integer> taken = new SynchronousQueue<>();
    private final Channel listener;
    private final Channel connection;
    private final Channel channel;
    private volatile int awaited;

    /**
     * @param yamux whether there is a session between socket and bytes
     */
    BytesOutput(boolean yamux) throws Exception {
        Path socket = directory.resolve("s");
        listener = serverTransport.listen(socket, new Servers(yamux));
        YamuxSession session = YamuxSession.client();
        connection =
                clientTransport.connect(socket, yamux ? session : new Counter()).sync().channel();
        if (yamux) {
            YamuxStream stream = session.open();
            stream.pipeline().addLast(new Counter());
            clientTransport.eventLoop().register(stream).sync();
            stream.connect(new LocalAddress("output")).sync();
            channel = stream;
        } else {
            channel = connection;
        }
    }

    @Override
    public void take(int bytes) throws Exception {
        awaited = bytes;
        ByteBuf question = channel.alloc().directBuffer(Integer.BYTES);
        question.writeInt(bytes);
        channel.writeAndFlush(question, channel.voidPromise());
        if (taken.poll(CALL_SECONDS, TimeUnit.SECONDS) == null) {
            throw new IllegalStateException("the output has not come");
        }
    }

    @Override
    public void close() throws Exception {
        connection.close().sync();
        listener.close().sync();
        clientTransport.close();
        serverTransport.close();
        Files.deleteIfExists(directory.resolve("s"));
        Files.delete(directory);
    }

    /** Looks at nothing of the bytes but how many they are. */
    private final class Counter extends ChannelInboundHandlerAdapter {
        private int count;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
            ByteBuf buffer = (ByteBuf) message;
            count += buffer.readableBytes();
            buffer.release();
            if (count == awaited) {
                count = 0;
                taken.put(awaited);
            }
        }
    }

    /** Sends as much as it is asked for, and never more at once than the channel takes. */
    private static final class Sender extends ChannelInboundHandlerAdapter {
        private final ByteBuf piece = Unpooled.directBuffer(PIECE).writeZero(PIECE);
        private int left;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf question = (ByteBuf) message;
            left = question.readInt();
            question.release();
            send(context);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            send(context);
        }

        private void send(ChannelHandlerContext context) {
            while (left > 0 && context.channel().isWritable()) {
                left -= PIECE;
                context.writeAndFlush(piece.retainedDuplicate(), context.voidPromise());
            }
        }
    }

    private final class Servers extends ChannelInitializer<Channel> {
        private final boolean yamux;

        Servers(boolean yamux) {
            this.yamux = yamux;
        }

        @Override
        protected void initChannel(Channel accepted) {
            accepted.pipeline()
                    .addLast(
                            yamux
                                    ? new YamuxSession(
                                            YamuxSession.Role.SERVER, this::serve, Duration.ZERO)
                                    : new Sender());
        }

        private void serve(YamuxStream stream) {
            stream.pipeline().addLast(new Sender());
            serverTransport.eventLoop().register(stream);
        }
    }
}
