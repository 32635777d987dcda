package io.saya.test.cri;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.saya.proto.cri.ImageServiceGrpc;
import io.saya.proto.cri.ImageServiceGrpc.ImageServiceBlockingStub;
import io.saya.proto.cri.RuntimeServiceGrpc;
import io.saya.proto.cri.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A client of the CRI on a Unix socket. Thread safe; calls block. */
public final class CriClient implements AutoCloseable {
    /** Limit for one call that may boot a VM on a busy machine. */
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** Output of an exec is capped at 16 MiB by the server, per stream. */
    private static final int LARGEST_ANSWER = 40 << 20;

    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ManagedChannel channel;

    /** Connects with the first call. */
    public CriClient(String socket) {
        channel =
                NettyChannelBuilder.forAddress(new DomainSocketAddress(socket))
                        .channelType(EpollDomainSocketChannel.class)
                        .eventLoopGroup(loop)
                        .usePlaintext()
                        // A path is no valid authority, and Go's servers refuse one.
                        .overrideAuthority("localhost")
                        .maxInboundMessageSize(LARGEST_ANSWER)
                        .build();
    }

    /** Pods and containers. Each call fails with DEADLINE_EXCEEDED after two minutes. */
    public RuntimeServiceBlockingStub runtime() {
        return runtime(LIMIT);
    }

    /** A client whose calls have a limit of the caller's, from now on. */
    public RuntimeServiceBlockingStub runtime(Duration limit) {
        return RuntimeServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Images. */
    public ImageServiceBlockingStub images() {
        return ImageServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        channel.shutdownNow();
        var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
