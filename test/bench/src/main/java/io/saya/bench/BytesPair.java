package io.saya.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
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
 * Bytes without a protocol, on the socket itself or in a stream of a yamux session: what the
 * protocols' figures are to be held against. For one caller.
 */
final class BytesPair implements EchoPair {
    private static final int CALL_SECONDS = 20;

    private final Path directory = Files.createTempDirectory("bench");
    private final Transport serverTransport = Transport.open("server");
    private final Transport clientTransport = Transport.open("client");
    private final SynchronousQueue<ByteString> answers = new SynchronousQueue<>();
    private final Channel listener;
    private final Channel connection;
    private final Channel channel;
    private volatile int awaited;

    /**
     * @param yamux whether there is a session between socket and bytes
     */
    BytesPair(boolean yamux) throws Exception {
        Path socket = directory.resolve("s");
        listener = serverTransport.listen(socket, yamux ? new Sessions() : new Echoes());
        YamuxSession session = YamuxSession.client();
        connection =
                clientTransport.connect(socket, yamux ? session : new Collector()).sync().channel();
        if (yamux) {
            YamuxStream stream = session.open();
            stream.pipeline().addLast(new Collector());
            clientTransport.eventLoop().register(stream).sync();
            stream.connect(new LocalAddress("echo")).sync();
            channel = stream;
        } else {
            channel = connection;
        }
    }

    @Override
    public BytesValue echo(BytesValue message) throws Exception {
        ByteString bytes = message.getValue();
        awaited = bytes.size();
        ByteBuf buffer = channel.alloc().directBuffer(bytes.size());
        buffer.writeBytes(bytes.asReadOnlyByteBuffer());
        channel.writeAndFlush(buffer, channel.voidPromise());
        ByteString answer = answers.poll(CALL_SECONDS, TimeUnit.SECONDS);
        if (answer == null) {
            throw new IllegalStateException("no answer");
        }
        return BytesValue.of(answer);
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

    /** Takes bytes until they are as many as were sent. */
    private final class Collector extends ChannelInboundHandlerAdapter {
        private byte[] bytes = {};
        private int count;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
            ByteBuf buffer = (ByteBuf) message;
            if (count == 0) {
                bytes = new byte[awaited];
            }
            int length = buffer.readableBytes();
            buffer.readBytes(bytes, count, length).release();
            count += length;
            if (count == bytes.length) {
                count = 0;
                answers.put(UnsafeByteOperations.unsafeWrap(bytes));
            }
        }
    }

    @ChannelHandler.Sharable
    private static final class Echoes extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message, context.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }

    /** The server's side of yamux on each connection; its streams say back what they hear. */
    private final class Sessions extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel accepted) {
            accepted.pipeline()
                    .addLast(
                            new YamuxSession(YamuxSession.Role.SERVER, this::serve, Duration.ZERO));
        }

        private void serve(YamuxStream stream) {
            stream.pipeline().addLast(new Echoes());
            serverTransport.eventLoop().register(stream);
        }
    }
}
