package io.saya.grpc;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.Channel;
import io.netty.channel.unix.DomainSocketAddress;
import io.saya.grpc.carrier.Carrier;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.ConnectionFailure;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.TtrpcStatusException;
import io.saya.ttrpc.UnaryClient;
import io.saya.ttrpc.transport.Transport;
import io.saya.ttrpc.wire.MethodName;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Calls an agent by gRPC over one connection. */
final class GrpcClient implements UnaryClient {

    /** What a guest does is not told line by line; held, or its level would be forgotten. */
    private static final Logger LIBRARY = Logger.getLogger("io.grpc");

    static {
        LIBRARY.setLevel(Level.OFF);
    }

    private static final Executor VIRTUAL = task -> Thread.ofVirtual().name("grpc").start(task);

    private final Channel connection;
    private final Carrier carrier;
    private final String peer;
    private final ClientOptions options;
    private final ManagedChannel channel;
    private final CompletableFuture<ConnectionFailure> closed = new CompletableFuture<>();

    GrpcClient(
            Transport transport,
            Channel connection,
            Carrier carrier,
            String peer,
            ClientOptions options) {
        this.connection = connection;
        this.carrier = carrier;
        this.peer = peer;
        this.options = options;
        this.channel =
                NettyChannelBuilder.forAddress(new DomainSocketAddress("agent"))
                        .channelFactory(this::stream)
                        .eventLoopGroup(transport.eventLoop())
                        .overrideAuthority("localhost")
                        .usePlaintext()
                        .proxyDetector(_ -> null)
                        .disableRetry()
                        // A sandbox that does nothing keeps its one connection.
                        .idleTimeout(Long.MAX_VALUE, TimeUnit.DAYS)
                        .maxInboundMessageSize(options.answerBytes())
                        .executor(VIRTUAL)
                        .build();
        connection.closeFuture().addListener(_ -> VIRTUAL.execute(this::ended));
    }

    /** There is no second connection: when the protocol's one has ended, so has the carrier's. */
    private Channel stream() {
        Channel stream = carrier.open();
        stream.closeFuture()
                .addListener(
                        _ -> {
                            var _ = connection.close();
                        });
        return stream;
    }

    private void ended() {
        String fault = carrier.fault();
        closed.complete(
                new ConnectionFailure(
                        "the connection to "
                                + peer
                                + " has ended"
                                + (fault.isEmpty() ? "" : ": " + fault)));
        channel.shutdownNow();
    }

    @Override
    public <T> T call(
            MethodName method,
            MessageLite request,
            Parser<T> parser,
            io.saya.ttrpc.CallOptions callOptions)
            throws TtrpcException, InterruptedException {
        CompletableFuture<T> answer = callAsync(method, request, parser, callOptions);
        try {
            return answer.get();
        } catch (InterruptedException e) {
            answer.cancel(false);
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TtrpcException failure) {
                throw failure;
            }
            throw new TtrpcStatusException(
                    StatusCode.INTERNAL, method + ": " + e.getCause(), e.getCause());
        }
    }

    @Override
    public <T> CompletableFuture<T> callAsync(
            MethodName method,
            MessageLite request,
            Parser<T> parser,
            io.saya.ttrpc.CallOptions callOptions) {
        ClientCall<MessageLite, T> call =
                channel.newCall(descriptor(method, parser), translated(callOptions));
        Answer<T> answer = new Answer<>(this, method, call);
        call.start(answer, new Metadata());
        // One more than there may be, so that a second is noticed.
        call.request(2);
        call.sendMessage(request);
        call.halfClose();
        return answer.future();
    }

    private CallOptions translated(io.saya.ttrpc.CallOptions from) {
        CallOptions to = CallOptions.DEFAULT;
        if (from.timeoutNanos() > 0) {
            to = to.withDeadlineAfter(from.timeoutNanos(), TimeUnit.NANOSECONDS);
        }
        return to.withMaxInboundMessageSize(
                from.answerBytes() > 0 ? from.answerBytes() : options.answerBytes());
    }

    private static <T> MethodDescriptor<MessageLite, T> descriptor(
            MethodName method, Parser<T> parser) {
        return MethodDescriptor.<MessageLite, T>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(
                        MethodDescriptor.generateFullMethodName(method.service(), method.method()))
                .setRequestMarshaller(new Requests())
                .setResponseMarshaller(new Responses<>(parser))
                .build();
    }

    /** Tells the observer of the end of a call. */
    void callEnded(MethodName method, long nanos, int code) {
        options.observer().callEnded(method, nanos, code);
    }

    /** True if there is no connection any more, or it is not wanted any more. */
    boolean isOver() {
        return closed.isDone() || !connection.isActive();
    }

    /** Why calls fail that the end of the connection cut off. */
    ConnectionFailure end() {
        ConnectionFailure why = closed.getNow(null);
        return why != null
                ? new ConnectionFailure(String.valueOf(why.getMessage()), why)
                : new ConnectionFailure("the connection to " + peer + " has ended");
    }

    @Override
    public CompletionStage<ConnectionFailure> closed() {
        return closed.minimalCompletionStage();
    }

    @Override
    public void close() {
        closed.complete(new ConnectionFailure("this side closed the connection to " + peer));
        channel.shutdownNow();
        var _ = connection.close();
    }

    @Override
    public String toString() {
        return "gRPC client of " + peer;
    }
}
