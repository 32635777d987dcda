package io.saya.ttrpc.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * One event loop with its thread, and the buffers it uses; shared by any number of servers and
 * clients.
 *
 * <p>Linux only, over epoll. Everything that runs on the loop must return at once: calls are served
 * elsewhere.
 */
public final class Transport implements AutoCloseable {
    /**
     * A path that the kernel takes for a Unix socket has at most 107 bytes; one less is what every
     * implementation of containerd's convention accepts.
     */
    public static final int MAX_PATH_BYTES = 106;

    private static final int PAGE = 8 << 10;

    /** Chunks of 256 KiB: four of the largest pieces that are ever asked for. */
    private static final int CHUNK_ORDER = 5;

    /** Idle buffers kept per size; what the loop needs at once is two or three. */
    private static final int CACHED_BUFFERS = 4;

    private static final long CLOSE_TIMEOUT_SECONDS = 5;

    private static final Set<PosixFilePermission> OWNER_ONLY =
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private final EventLoopGroup group;
    private final EventLoop loop;
    private final PooledByteBufAllocator allocator;

    private Transport(String threadName) {
        group =
                new MultiThreadIoEventLoopGroup(
                        1, new DefaultThreadFactory(threadName, true), EpollIoHandler.newFactory());
        loop = group.next();
        allocator =
                new PooledByteBufAllocator(
                        true, 0, 1, PAGE, CHUNK_ORDER, CACHED_BUFFERS, CACHED_BUFFERS, false, 0);
    }

    /**
     * Starts an event loop.
     *
     * @param threadName of its daemon thread; Netty adds a number
     * @throws UnsatisfiedLinkError if Netty's native library for epoll is missing or does not fit
     *     the system
     */
    public static Transport open(String threadName) {
        return new Transport(threadName);
    }

    /** The loop. */
    public EventLoop eventLoop() {
        return loop;
    }

    /**
     * Binds a Unix socket and listens on it, waiting until it does.
     *
     * <p>Netty's bind would remove whatever stands at the path, be it the socket of a server that
     * is alive. So the socket is made under a name of its own and linked to the path, which fails
     * if the path exists. Nobody sees a socket that does not listen yet, or that has other rights
     * than {@code 0600}.
     *
     * @param handler of each accepted channel, a {@code ChannelInitializer}
     * @throws java.nio.file.FileAlreadyExistsException if the path exists
     * @throws IllegalArgumentException if the path is too long
     */
    public Channel listen(Path path, ChannelHandler handler)
            throws IOException, InterruptedException {
        address(path);
        Path own = path.resolveSibling("." + Long.toHexString(System.nanoTime()));
        ChannelFuture bound =
                serverBootstrap(handler)
                        .channelFactory(EpollServerDomainSocketChannel::new)
                        .bind(address(own))
                        .await();
        boolean linked = false;
        try {
            if (!bound.isSuccess()) {
                throw new IOException(String.valueOf(bound.cause().getMessage()), bound.cause());
            }
            Files.setPosixFilePermissions(own, OWNER_ONLY);
            Files.createLink(path, own);
            linked = true;
        } finally {
            Files.deleteIfExists(own);
            if (!linked) {
                bound.channel().close().await();
            }
        }
        return bound.channel();
    }

    /**
     * Accepts from a socket that somebody else made and that listens already.
     *
     * @param descriptor number of the socket, which belongs to the channel from now on
     */
    public Channel adopt(int descriptor, ChannelHandler handler)
            throws IOException, InterruptedException {
        ChannelFuture registered =
                serverBootstrap(handler)
                        .channelFactory(() -> new EpollServerDomainSocketChannel(descriptor, true))
                        .register()
                        .await();
        if (!registered.isSuccess()) {
            throw new IOException(
                    String.valueOf(registered.cause().getMessage()), registered.cause());
        }
        return registered.channel();
    }

    private ServerBootstrap serverBootstrap(ChannelHandler handler) {
        return new ServerBootstrap()
                .group(group)
                .childOption(ChannelOption.ALLOCATOR, allocator)
                .childHandler(handler);
    }

    /**
     * Connects to a Unix socket.
     *
     * @throws IllegalArgumentException if the path is too long
     */
    public ChannelFuture connect(Path path, ChannelHandler handler) {
        return clientBootstrap(handler)
                .channelFactory(EpollDomainSocketChannel::new)
                .connect(address(path));
    }

    /**
     * Uses a stream socket that is connected already.
     *
     * @param channel made of it
     */
    public ChannelFuture use(Channel channel, ChannelHandler handler) {
        return clientBootstrap(handler).channelFactory(() -> channel).register();
    }

    /** The descriptor of a channel's socket. */
    public static int descriptor(Channel channel) {
        return ((UnixChannel) channel).fd().intValue();
    }

    /** A channel for a connected stream socket that this process was given. */
    public static Channel connected(int descriptor) {
        return new EpollDomainSocketChannel(descriptor);
    }

    /** Closes a descriptor that this process was given, and has no use for. */
    public static void close(int descriptor) throws IOException {
        new FileDescriptor(descriptor).close();
    }

    private Bootstrap clientBootstrap(ChannelHandler handler) {
        return new Bootstrap()
                .group(group)
                .option(ChannelOption.ALLOCATOR, allocator)
                .handler(handler);
    }

    private static DomainSocketAddress address(Path path) {
        String name = path.toString();
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > MAX_PATH_BYTES) {
            throw new IllegalArgumentException(
                    "socket path '"
                            + name
                            + "': "
                            + length
                            + " bytes (expected: 1 to "
                            + MAX_PATH_BYTES
                            + "); use a shorter directory");
        }
        return new DomainSocketAddress(name);
    }

    /** Ends the loop and with it all channels; waits for its thread, at most five seconds. */
    @Override
    public void close() {
        group.shutdownGracefully(0, CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }
}
