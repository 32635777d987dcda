package io.saya.ttrpc;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.netty.util.concurrent.Future;
import io.saya.ttrpc.wire.MethodName;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A unary call whose caller has a future.
 *
 * <p>The future is completed on a virtual thread, since what depends on it is the caller's code. A
 * caller that completes or cancels it gives up the call.
 */
final class AsyncCall<T> extends ClientCall {
    private final Parser<T> parser;
    private final CompletableFuture<T> future = new CompletableFuture<>();
    private @Nullable Future<?> timer;

    AsyncCall(
            ClientConnection connection,
            MethodName method,
            MessageLite request,
            Parser<T> parser,
            CallOptions options) {
        super(connection, method, request, options, (byte) 0);
        this.parser = parser;
    }

    CompletableFuture<T> future() {
        return future;
    }

    /** Watches the deadline and the caller's patience from now on. */
    void start() {
        if (deadline() != 0) {
            connection()
                    .onLoop(
                            () -> {
                                if (!future.isDone()) {
                                    startTimer();
                                }
                            });
        }
        var _ = future.whenComplete((value, failure) -> connection().abandon(this));
    }

    private void startTimer() {
        timer =
                connection()
                        .loop()
                        .schedule(
                                this::expire,
                                Math.max(0, deadline() - System.nanoTime()),
                                TimeUnit.NANOSECONDS);
    }

    private void expire() {
        connection().giveUp(this);
        fail(deadlineExceeded());
    }

    @Override
    void onResponse(int code, String message, byte[] frame, int offset, int length) {
        complete(
                () -> {
                    try {
                        future.complete(
                                BlockingCall.decode(
                                        parser, method(), code, message, frame, offset, length));
                    } catch (TtrpcStatusException e) {
                        future.completeExceptionally(e);
                    }
                });
    }

    @Override
    boolean onData(byte flags, byte[] payload) {
        fail(BlockingCall.unexpectedData(method()));
        return true;
    }

    @Override
    void fail(TtrpcException failure) {
        complete(() -> future.completeExceptionally(failure));
    }

    private void complete(Runnable completion) {
        if (timer != null) {
            timer.cancel(false);
        }
        Thread.startVirtualThread(completion);
    }
}
