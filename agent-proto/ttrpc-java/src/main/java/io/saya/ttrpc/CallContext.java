package io.saya.ttrpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.saya.ttrpc.wire.Metadata;
import io.saya.ttrpc.wire.MethodName;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A call that is being served: its caller, its metadata and its deadline. Thread-safe.
 *
 * <p>Threads of handlers are never interrupted: an interrupt would close any channel of {@code
 * java.nio} that the thread happens to use, which others share. A handler that may wait for long
 * waits by {@link #await}, which ends with the call.
 */
public final class CallContext {
    private final MethodName method;
    private final ConnectionInfo connection;
    private final int streamId;
    private final Metadata metadata;
    private final EventLoop loop;

    /** {@link System#nanoTime} at which the caller's interest ends, or 0 for never. */
    private final long deadline;

    private volatile @Nullable CancelReason reason;

    // Made only if somebody asks: most calls are over long before their deadline.
    @GuardedBy("this")
    private @Nullable CompletableFuture<CancelReason> cancelled;

    @GuardedBy("this")
    private @Nullable Future<?> timer;

    @GuardedBy("this")
    private boolean finished;

    CallContext(
            MethodName method,
            ConnectionInfo connection,
            int streamId,
            Metadata metadata,
            long timeoutNanos,
            EventLoop loop) {
        this.method = method;
        this.connection = connection;
        this.streamId = streamId;
        this.metadata = metadata;
        this.loop = loop;
        this.deadline = timeoutNanos == 0 ? 0 : deadlineAfter(timeoutNanos);
    }

    /** Never 0, which means none. */
    static long deadlineAfter(long timeoutNanos) {
        long deadline = System.nanoTime() + Math.min(timeoutNanos, Long.MAX_VALUE / 2);
        return deadline == 0 ? 1 : deadline;
    }

    /** Service and method. */
    public MethodName method() {
        return method;
    }

    /** The caller. */
    public ConnectionInfo connection() {
        return connection;
    }

    /** Number of the call on its connection, unsigned; for logs. */
    public int streamId() {
        return streamId;
    }

    /** Pairs that the caller sent along. */
    public Metadata metadata() {
        return metadata;
    }

    /**
     * Nanoseconds until the caller's interest ends, 0 if it has, {@link Long#MAX_VALUE} if there is
     * no deadline.
     */
    public long remainingNanos() {
        return deadline == 0 ? Long.MAX_VALUE : Math.max(0, deadline - System.nanoTime());
    }

    /** True if the caller's interest is over. */
    public boolean isCancelled() {
        return reason != null || remainingNanos() == 0;
    }

    /**
     * Ends a handler whose caller's interest is over: to be called before steps that cost much, and
     * after those that must be undone then.
     *
     * @throws TtrpcStatusException with the fitting status
     */
    public void throwIfCancelled() throws TtrpcStatusException {
        CancelReason why = reason;
        if (why == null && remainingNanos() == 0) {
            why = CancelReason.DEADLINE;
        }
        if (why != null) {
            throw why.toException();
        }
    }

    /**
     * Completes when the caller's interest is over, if that happens before the handler has
     * answered; what depends on it runs on a virtual thread.
     */
    public CompletionStage<CancelReason> cancelled() {
        return cancelledFuture().minimalCompletionStage();
    }

    private synchronized CompletableFuture<CancelReason> cancelledFuture() {
        CompletableFuture<CancelReason> future = cancelled;
        if (future == null) {
            future = new CompletableFuture<>();
            cancelled = future;
            CancelReason why = reason;
            if (why != null) {
                future.complete(why);
            } else if (deadline != 0 && !finished) {
                startTimer();
            }
        }
        return future;
    }

    @GuardedBy("this")
    private void startTimer() {
        try {
            timer =
                    loop.schedule(
                            () -> cancel(CancelReason.DEADLINE),
                            remainingNanos(),
                            TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // The event loop has ended; the connection's end is on its way to this context.
        }
    }

    /**
     * Waits for a result for as long as the call is of interest.
     *
     * @return the result
     * @throws TtrpcStatusException if the caller's interest ended first, or the result is that
     *     failure
     * @throws TtrpcException if the result is that failure
     * @throws CompletionException with any other failure that the result is
     */
    public <T extends @Nullable Object> T await(CompletionStage<T> stage)
            throws TtrpcException, InterruptedException {
        CompletableFuture<T> first = new CompletableFuture<>();
        var _ =
                stage.whenComplete(
                        (value, failure) -> {
                            if (failure == null) {
                                first.complete(value);
                            } else {
                                first.completeExceptionally(failure);
                            }
                        });
        if (!first.isDone()) {
            var _ =
                    cancelledFuture()
                            .thenAccept(why -> first.completeExceptionally(why.toException()));
        }
        try {
            return first.get();
        } catch (ExecutionException e) {
            throw unwrap(e);
        }
    }

    private static TtrpcException unwrap(ExecutionException wrapped) {
        Throwable cause = wrapped.getCause();
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof TtrpcException failure) {
            return failure;
        }
        throw new CompletionException(cause);
    }

    /** Ends the caller's interest, once; on the event loop. */
    void cancel(CancelReason why) {
        CompletableFuture<CancelReason> future;
        synchronized (this) {
            if (reason != null || finished) {
                return;
            }
            reason = why;
            future = cancelled;
        }
        stopTimer();
        if (future != null) {
            Thread.startVirtualThread(() -> future.complete(why));
        }
    }

    /** The answer is on its way: the deadline is of no interest any more. */
    synchronized void finish() {
        finished = true;
        stopTimer();
    }

    private synchronized void stopTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    /** Deadline as {@link System#nanoTime}, or 0. */
    long deadline() {
        return deadline;
    }

    @Override
    public String toString() {
        return method + " on " + connection + ", stream " + Integer.toUnsignedString(streamId);
    }
}
