package io.saya.ttrpc;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import io.saya.ttrpc.wire.MethodName;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Calls services over one connection, from any number of threads at once.
 *
 * <p>There is no reconnection: when the connection ends, all calls fail with the same {@link
 * ConnectionFailure}, and so does every later one. ttrpc cannot cancel a call at the server: who
 * gives up (deadline, interrupt) only stops waiting.
 */
public final class TtrpcClient implements UnaryClient {
    private final ClientConnection connection;
    private final String peer;

    private TtrpcClient(ClientConnection connection, String peer) {
        this.connection = connection;
        this.peer = peer;
    }

    /**
     * Connects, waiting for it.
     *
     * @throws ConnectionFailure if there is nobody, or the time is over
     */
    public static TtrpcClient connect(Transport transport, Endpoint endpoint, ClientOptions options)
            throws ConnectionFailure, InterruptedException {
        ClientConnection connection = new Connector(transport, endpoint, options).connect();
        return new TtrpcClient(connection, endpoint.toString());
    }

    /**
     * Makes a unary call and waits for its answer. An interrupt of the waiting thread ends the wait
     * and nothing else.
     *
     * @throws TtrpcStatusException if the server answers with a failure, or does not answer in time
     * @throws ConnectionFailure if the connection ends first
     */
    @Override
    public <T> T call(MethodName method, MessageLite request, Parser<T> parser, CallOptions options)
            throws TtrpcException, InterruptedException {
        BlockingCall call = new BlockingCall(connection, method, request, options);
        connection.submit(call);
        return call.await(connection.parser(parser));
    }

    /**
     * Makes a unary call without waiting, not even for room: it fails if too many bytes are on
     * their way already.
     *
     * @return completed on a virtual thread, with a {@link TtrpcException} in case of failure;
     *     cancelling it gives up the call
     */
    @Override
    public <T> CompletableFuture<T> callAsync(
            MethodName method, MessageLite request, Parser<T> parser, CallOptions options) {
        AsyncCall<T> call =
                new AsyncCall<>(connection, method, request, connection.parser(parser), options);
        try {
            connection.submitNow(call);
        } catch (TtrpcException e) {
            return CompletableFuture.failedFuture(e);
        }
        call.start();
        return call.future();
    }

    /** Makes a call that is answered by a stream. */
    public <R> ResponseStream<R> serverStreaming(
            MethodName method, MessageLite request, Parser<R> parser, CallOptions options)
            throws TtrpcException, InterruptedException {
        return open(method, MethodKind.SERVER_STREAMING, request, parser, options);
    }

    /** Makes a call whose requests are a stream. */
    public <Q extends MessageLite, R> RequestStream<Q, R> clientStreaming(
            MethodName method, Parser<R> parser, CallOptions options)
            throws TtrpcException, InterruptedException {
        return this.<Q, R>open(method, MethodKind.CLIENT_STREAMING, null, parser, options);
    }

    /** Makes a call of which both sides are streams. */
    public <Q extends MessageLite, R> DuplexStream<Q, R> bidirectional(
            MethodName method, Parser<R> parser, CallOptions options)
            throws TtrpcException, InterruptedException {
        return this.<Q, R>open(method, MethodKind.BIDIRECTIONAL, null, parser, options);
    }

    private <Q extends MessageLite, R> ClientStream<Q, R> open(
            MethodName method,
            MethodKind kind,
            @Nullable MessageLite request,
            Parser<R> parser,
            CallOptions options)
            throws TtrpcException, InterruptedException {
        ClientStream<Q, R> stream =
                new ClientStream<>(
                        connection, method, kind, request, connection.parser(parser), options);
        connection.submit(stream);
        return stream;
    }

    /**
     * Completes when the connection has ended, with the reason; what depends on it runs on a
     * virtual thread.
     */
    @Override
    public CompletionStage<ConnectionFailure> closed() {
        return connection.closed().minimalCompletionStage();
    }

    /** Answers that came to calls nobody waited for any more. */
    public long droppedResponses() {
        return connection.droppedResponses();
    }

    /** Closes the connection; calls that wait fail. Returns at once. */
    @Override
    public void close() {
        connection.onLoop(
                () ->
                        connection.close(
                                new ConnectionFailure(
                                        "this side closed the connection to " + peer)));
    }

    @Override
    public String toString() {
        return "ttrpc client of " + peer;
    }
}
