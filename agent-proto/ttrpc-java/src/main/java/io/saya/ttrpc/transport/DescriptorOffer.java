package io.saya.ttrpc.transport;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Descriptors that one process gives to another over a Unix socket (SCM_RIGHTS). Both have them
 * afterwards.
 */
public final class DescriptorOffer implements AutoCloseable {
    private final Channel listener;

    private DescriptorOffer(Channel listener) {
        this.listener = listener;
    }

    /**
     * Waits at a socket, which only its owner can connect to, for a process that wants descriptors.
     *
     * @param descriptors asked, on a virtual thread, once somebody has connected; may block. None:
     *     it gets nothing
     */
    public static DescriptorOffer open(
            Transport transport, Path socket, Supplier<List<Integer>> descriptors)
            throws IOException, InterruptedException {
        return new DescriptorOffer(
                transport.listen(
                        socket,
                        new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                Thread.ofVirtual()
                                        .name("descriptors")
                                        .start(() -> send(channel, descriptors.get()));
                            }
                        }));
    }

    private static void send(Channel channel, List<Integer> descriptors) {
        for (int descriptor : descriptors) {
            var _ = channel.write(new FileDescriptor(descriptor));
        }
        var _ =
                channel.writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(ChannelFutureListener.CLOSE);
    }

    /**
     * Takes the descriptors that are offered at a socket, in the order in which they were named.
     * Blocks until all have come.
     *
     * @throws IOException if they have not within {@code limit}
     */
    public static List<Integer> take(Transport transport, Path socket, Duration limit)
            throws IOException, InterruptedException {
        List<Integer> taken = new ArrayList<>();
        CompletableFuture<List<Integer>> all = new CompletableFuture<>();
        var connected =
                transport.connect(
                        socket,
                        new ChannelInitializer<EpollDomainSocketChannel>() {
                            @Override
                            protected void initChannel(EpollDomainSocketChannel channel) {
                                channel.config().setReadMode(DomainSocketReadMode.FILE_DESCRIPTORS);
                                channel.pipeline().addLast(new Taking(taken, all));
                            }
                        });
        if (!connected.await().isSuccess()) {
            throw new IOException(
                    socket + ": " + connected.cause().getMessage(), connected.cause());
        }
        try {
            return all.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            var _ = connected.channel().close();
            throw new IOException(socket + ": the descriptors have not come: " + e.getMessage(), e);
        }
    }

    private static final class Taking extends ChannelInboundHandlerAdapter {
        private final List<Integer> taken;
        private final CompletableFuture<List<Integer>> all;

        Taking(List<Integer> taken, CompletableFuture<List<Integer>> all) {
            this.taken = taken;
            this.all = all;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            taken.add(((FileDescriptor) message).intValue());
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            all.complete(List.copyOf(taken));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            all.completeExceptionally(cause);
        }
    }

    /** Nobody can connect any more. */
    @Override
    public void close() {
        var _ = listener.close();
    }
}
