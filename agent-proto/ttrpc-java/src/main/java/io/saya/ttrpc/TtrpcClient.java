package io.saya.ttrpc;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import io.saya.ttrpc.wire.MethodName;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Calls services over one connection, from any number of threads at once.
 *
 * <p>There is no reconnection: when the connection ends, all calls fail with the same {@link
 * ConnectionFailure}, and so does every later one. ttrpc cannot cancel a call at the server: who
 * gives up (deadline, interrupt) only stops waiting.
 */
public final class TtrpcClient implements UnaryClient {
    /** Between two looks whether the connection can be handed over. */
    private static final long LOOK_MILLIS = 5;

    private static final long LATE_MILLIS = 1000;

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
     * Goes on with a connection of another process, which must have let go of it. Whoever makes a
     * call that is without an answer there gets the answer to it, and nothing is sent again.
     */
    public static TtrpcClient goOn(
            Transport transport, HeldClient held, String peer, ClientOptions options)
            throws InterruptedException {
        Channel channel = Transport.connected(held.descriptor());
        ClientConnection connection = new ClientConnection(channel, peer, options);
        transport
                .use(
                        channel,
                        new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel opened) {
                                connection.before().forEach(opened.pipeline()::addLast);
                                opened.pipeline().addLast(connection);
                                connection.goOn(held);
                            }
                        })
                .await();
        return new TtrpcClient(connection, peer);
    }

    /**
     * Holds the connection for another process to go on with: nothing is read or written any more
     * until {@link #release}. Blocks.
     *
     * @param repeatable the calls that it can make again; all others are waited for, and their
     *     answers read
     * @param quiet told the methods of the calls without an answer, when there are no others and
     *     nothing is read any more: whether it is the time
     * @return empty if that did not come true within {@code limit}; nothing is held then
     * @throws IllegalStateException if one of the questions fails; nothing is held then
     */
    public Optional<HeldClient> hold(
            Predicate<MethodName> repeatable, Predicate<List<MethodName>> quiet, Duration limit)
            throws InterruptedException {
        CompletableFuture<Optional<HeldClient>> held = new CompletableFuture<>();
        long deadline = System.nanoTime() + limit.toNanos();
        connection.onLoop(() -> freeze(repeatable, quiet, deadline, held));
        boolean known = false;
        try {
            Optional<HeldClient> described =
                    held.get(limit.toMillis() + LATE_MILLIS, TimeUnit.MILLISECONDS);
            known = true;
            return described;
        } catch (ExecutionException e) {
            throw new IllegalStateException("hold " + peer + ": " + e.getCause(), e);
        } catch (TimeoutException e) {
            return Optional.empty(); // the connection has ended, or its loop is that late
        } finally {
            if (!known) {
                held.cancel(false);
                release(); // also what the loop is just about to hold
            }
        }
    }

    /** Ends when {@code held} is done, also by whoever waits for it no longer. */
    private void freeze(
            Predicate<MethodName> repeatable,
            Predicate<List<MethodName>> quiet,
            long deadline,
            CompletableFuture<Optional<HeldClient>> held) {
        if (held.isDone()) {
            return;
        }
        HeldClient described;
        try {
            described = connection.freeze(repeatable, quiet);
        } catch (RuntimeException e) {
            held.completeExceptionally(e);
            return;
        }
        if (described != null) {
            held.complete(Optional.of(described));
        } else if (System.nanoTime() - deadline < 0) {
            var _ =
                    connection
                            .loop()
                            .schedule(
                                    () -> freeze(repeatable, quiet, deadline, held),
                                    LOOK_MILLIS,
                                    TimeUnit.MILLISECONDS);
        } else {
            connection.release();
            held.complete(Optional.empty());
        }
    }

    /** Goes on after {@link #hold}: nobody has taken over. */
    public void release() {
        connection.onLoop(connection::release);
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
