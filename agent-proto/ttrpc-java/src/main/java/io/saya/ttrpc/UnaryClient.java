package io.saya.ttrpc;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.saya.ttrpc.wire.MethodName;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Makes calls of one message and one answer over one connection, whatever protocol carries them:
 * ttrpc ({@link TtrpcClient}), or another that has its methods, codes and messages. There is no
 * reconnection. Thread safe.
 */
public interface UnaryClient extends AutoCloseable {

    /**
     * Makes a call and waits for its answer. An interrupt of the waiting thread ends the wait.
     *
     * @throws TtrpcStatusException if the server answers with a failure, or does not answer in time
     * @throws ConnectionFailure if the connection ends first
     */
    <T> T call(MethodName method, MessageLite request, Parser<T> parser, CallOptions options)
            throws TtrpcException, InterruptedException;

    /**
     * Makes a call without waiting.
     *
     * @return completed on a virtual thread, with a {@link TtrpcException} in case of failure;
     *     cancelling it gives up the call
     */
    <T> CompletableFuture<T> callAsync(
            MethodName method, MessageLite request, Parser<T> parser, CallOptions options);

    /**
     * Completes when the connection has ended, with the reason; what depends on it runs on a
     * virtual thread.
     */
    CompletionStage<ConnectionFailure> closed();

    /** Closes the connection; calls that wait fail. Returns at once. */
    @Override
    void close();
}
