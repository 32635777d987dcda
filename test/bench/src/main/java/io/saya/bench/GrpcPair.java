package io.saya.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** grpc-java, set up as near to ours as its interface allows. */
final class GrpcPair implements EchoPair, OutputPair {
    private static final MethodDescriptor<BytesValue, BytesValue> ECHO = method("Echo");
    private static final MethodDescriptor<BytesValue, BytesValue> READ = method("Read");
    private static final BytesValue OUTPUT = BytesValue.of(ByteString.copyFrom(new byte[PIECE]));

    private final Path directory = Files.createTempDirectory("bench");
    private final EventLoopGroup serverLoop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final EventLoopGroup clientLoop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Server server;
    private final ManagedChannel channel;

    GrpcPair(boolean virtualThreads) throws Exception {
        DomainSocketAddress socket = new DomainSocketAddress(directory.resolve("s").toString());
        NettyServerBuilder builder =
                NettyServerBuilder.forAddress(socket)
                        .channelType(EpollServerDomainSocketChannel.class)
                        .bossEventLoopGroup(serverLoop)
                        .workerEventLoopGroup(serverLoop)
                        .addService(
                                ServerServiceDefinition.builder("bench.Echo")
                                        .addMethod(
                                                ECHO,
                                                ServerCalls.asyncUnaryCall(
                                                        (request, observer) -> {
                                                            observer.onNext(request);
                                                            observer.onCompleted();
                                                        }))
                                        .addMethod(
                                                READ,
                                                ServerCalls.asyncUnaryCall(
                                                        (_, observer) -> {
                                                            observer.onNext(OUTPUT);
                                                            observer.onCompleted();
                                                        }))
                                        .build());
        if (virtualThreads) {
            builder.executor(Executors.newVirtualThreadPerTaskExecutor());
        }
        server = builder.build().start();
        channel =
                NettyChannelBuilder.forAddress(socket)
                        .channelType(EpollDomainSocketChannel.class)
                        .eventLoopGroup(clientLoop)
                        .usePlaintext()
                        .build();
    }

    private static MethodDescriptor<BytesValue, BytesValue> method(String name) {
        return MethodDescriptor.<BytesValue, BytesValue>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("bench.Echo/" + name)
                .setRequestMarshaller(ProtoUtils.marshaller(BytesValue.getDefaultInstance()))
                .setResponseMarshaller(ProtoUtils.marshaller(BytesValue.getDefaultInstance()))
                .build();
    }

    private BytesValue call(MethodDescriptor<BytesValue, BytesValue> method, BytesValue message) {
        return ClientCalls.blockingUnaryCall(
                channel,
                method,
                CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                message);
    }

    @Override
    public BytesValue echo(BytesValue message) {
        return call(ECHO, message);
    }

    @Override
    public void take(int bytes) {
        for (int left = bytes; left > 0; ) {
            left -= call(READ, BytesValue.getDefaultInstance()).getValue().size();
        }
    }

    @Override
    public void close() throws Exception {
        channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        clientLoop.shutdownGracefully(0, 5, TimeUnit.SECONDS).await();
        serverLoop.shutdownGracefully(0, 5, TimeUnit.SECONDS).await();
        Files.deleteIfExists(directory.resolve("s"));
        Files.delete(directory);
    }
}
