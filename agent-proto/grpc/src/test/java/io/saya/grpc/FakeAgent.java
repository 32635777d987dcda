package io.saya.grpc;

import com.google.protobuf.StringValue;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.saya.grpc.carrier.YamuxSession;
import io.saya.grpc.carrier.YamuxStream;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * A server of gRPC as an agent of Kata 1.x is one: by itself at one socket, and behind the server's
 * side of yamux at another, as behind a serial port.
 */
public final class FakeAgent implements AutoCloseable {

    static final String SERVICE = "grpc.Health";

    private final Transport transport;
    private final Path plain;
    private final Path muxed;
    private final MultiThreadIoEventLoopGroup group =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Server server;
    private final Channel listener;

    private volatile long checkMillis;
    private volatile boolean hangsUpOnce;
    private final List<Channel> connections = new CopyOnWriteArrayList<>();
    private final List<YamuxSession> sessions = new CopyOnWriteArrayList<>();

    /** Begins to serve at sockets in the directory. */
    public FakeAgent(Transport transport, Path directory) throws IOException, InterruptedException {
        this.transport = transport;
        this.plain = directory.resolve("plain");
        this.muxed = directory.resolve("muxed");
        this.server =
                NettyServerBuilder.forAddress(new DomainSocketAddress(plain.toString()))
                        .channelType(EpollServerDomainSocketChannel.class)
                        .bossEventLoopGroup(group)
                        .workerEventLoopGroup(group)
                        .maxInboundMessageSize(8 << 20)
                        .addService(service())
                        .build()
                        .start();
        this.listener =
                transport.listen(
                        muxed,
                        new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                connections.add(channel);
                                YamuxSession session =
                                        new YamuxSession(
                                                YamuxSession.Role.SERVER,
                                                FakeAgent.this::bridge,
                                                Duration.ZERO);
                                sessions.add(session);
                                channel.pipeline().addLast(session);
                                if (hangsUpOnce && connections.size() == 1) {
                                    channel.pipeline().addFirst(new HangUp());
                                }
                            }
                        });
    }

    /** Where gRPC is spoken at once. */
    public Path plain() {
        return plain;
    }

    /** Where a yamux session is expected. */
    public Path muxed() {
        return muxed;
    }

    /** What clients did that is against yamux's rules. */
    public List<String> faults() {
        return sessions.stream().map(YamuxSession::failure).filter(Objects::nonNull).toList();
    }

    /** Ends all connections by yamux. */
    public void hangUp() {
        for (Channel connection : connections) {
            var _ = connection.close();
        }
    }

    /** Has an answer to Check take so long, as of a guest on a busy host. */
    public void answerCheckAfter(Duration time) {
        checkMillis = time.toMillis();
    }

    /** Has the first connection by yamux end behind what is said first on it. */
    public void hangUpOnce() {
        hangsUpOnce = true;
    }

    /** How many connections by yamux there were. */
    public int connections() {
        return connections.size();
    }

    private ServerServiceDefinition service() {
        return ServerServiceDefinition.builder(SERVICE)
                .addMethod(
                        method("Echo"),
                        ServerCalls.asyncUnaryCall(
                                (StringValue request, StreamObserver<StringValue> to) -> {
                                    to.onNext(request);
                                    to.onCompleted();
                                }))
                // The message of the question, and the answer to it, begin with the same number.
                .addMethod(
                        method("Check"),
                        ServerCalls.asyncUnaryCall(
                                (StringValue _, StreamObserver<StringValue> to) -> {
                                    var _ =
                                            group.schedule(
                                                    () -> {
                                                        to.onNext(StringValue.getDefaultInstance());
                                                        to.onCompleted();
                                                    },
                                                    checkMillis,
                                                    TimeUnit.MILLISECONDS);
                                }))
                .addMethod(
                        method("Refuse"),
                        ServerCalls.asyncUnaryCall(
                                (StringValue request, StreamObserver<StringValue> to) ->
                                        to.onError(
                                                Status.NOT_FOUND
                                                        .withDescription(request.getValue())
                                                        .asRuntimeException())))
                .addMethod(
                        method("Sleep"),
                        ServerCalls.asyncUnaryCall(
                                (StringValue _, StreamObserver<StringValue> _) -> {}))
                .build();
    }

    private static MethodDescriptor<StringValue, StringValue> method(String name) {
        return MethodDescriptor.<StringValue, StringValue>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
                .setRequestMarshaller(new Responses<>(StringValue.parser()))
                .setResponseMarshaller(new Responses<>(StringValue.parser()))
                .build();
    }

    private void bridge(YamuxStream stream) {
        var connected =
                transport.connect(
                        plain,
                        new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                channel.pipeline().addLast(new Forward(stream));
                                stream.pipeline().addLast(new Forward(channel));
                            }
                        });
        connected.addListener(
                _ -> {
                    var _ = transport.eventLoop().register(stream);
                });
    }

    private static final class HangUp extends ChannelOutboundHandlerAdapter {
        @Override
        public void flush(ChannelHandlerContext context) {
            context.flush();
            var _ = context.close();
        }
    }

    /** Writes what it reads to another channel, and ends with it. */
    private static final class Forward extends ChannelInboundHandlerAdapter {
        private final Channel to;

        Forward(Channel to) {
            this.to = to;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            var _ = to.writeAndFlush(message);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            var _ = to.close();
        }
    }

    @Override
    public void close() {
        listener.close().awaitUninterruptibly();
        server.shutdownNow();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
