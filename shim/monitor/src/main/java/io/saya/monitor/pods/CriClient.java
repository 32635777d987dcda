package io.saya.monitor.pods;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * containerd's CRI on its Unix socket: three calls, by grpc-java. Thread safe; calls block, each
 * for at most two seconds.
 */
final class CriClient implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final int LARGEST_ANSWER = 8 * 1024 * 1024;

    private static final MethodDescriptor<byte[], byte[]> LIST = method("ListPodSandbox");
    private static final MethodDescriptor<byte[], byte[]> STATUS = method("PodSandboxStatus");
    private static final MethodDescriptor<byte[], byte[]> OWN_STATUS = method("Status");

    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ManagedChannel channel;

    /** Connects with the first call. */
    CriClient(Path socket) {
        channel =
                NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toString()))
                        .channelType(EpollDomainSocketChannel.class)
                        .eventLoopGroup(loop)
                        // gRPC asks for TCP's, and Netty warns of each connection that has none.
                        .withOption(ChannelOption.SO_KEEPALIVE, null)
                        // Calls block their own thread, so nothing is left for a pool to do.
                        .directExecutor()
                        .usePlaintext()
                        // A path is no valid authority, and Go's servers refuse one.
                        .overrideAuthority("localhost")
                        .maxInboundMessageSize(LARGEST_ANSWER)
                        .build();
    }

    /**
     * All pods by their sandboxes' ids, without what they declare.
     *
     * @throws StatusRuntimeException if containerd does not answer so
     */
    Map<String, PodIdentity> pods() {
        return CriMessages.pods(call(LIST, CriMessages.LIST_ALL));
    }

    /**
     * Memory that a pod's RuntimeClass declares as overhead: containerd keeps what the kubelet
     * sent.
     *
     * @throws StatusRuntimeException if containerd does not answer so
     */
    OptionalLong declaredOverhead(String id) {
        String info = CriMessages.info(call(STATUS, CriMessages.verboseStatusOf(id)), "info");
        try {
            return Json.parseObject(info)
                    .object("config")
                    .flatMap(config -> config.object("linux"))
                    .flatMap(linux -> linux.object("overhead"))
                    .orElse(JsonObject.EMPTY)
                    .integer("memory_limit_in_bytes");
        } catch (JsonException _) {
            return OptionalLong.empty();
        }
    }

    /**
     * The configuration that containerd's CRI plugin runs with, as JSON.
     *
     * @throws StatusRuntimeException if containerd does not answer so
     */
    String configuration() {
        return CriMessages.info(call(OWN_STATUS, CriMessages.VERBOSE_STATUS), "config");
    }

    @Override
    public void close() {
        channel.shutdownNow();
        var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private byte[] call(MethodDescriptor<byte[], byte[]> method, byte[] request) {
        return ClientCalls.blockingUnaryCall(
                channel,
                method,
                CallOptions.DEFAULT.withDeadlineAfter(LIMIT.toMillis(), TimeUnit.MILLISECONDS),
                request);
    }

    private static MethodDescriptor<byte[], byte[]> method(String name) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(
                        MethodDescriptor.generateFullMethodName("runtime.v1.RuntimeService", name))
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
    }

    /** Messages as they are on the wire; {@link CriMessages} knows them. */
    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
