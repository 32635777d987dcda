package io.saya.host.guard;

import io.saya.host.HostFailure;
import io.saya.lifecycle.Waited;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A request that the guard has not answered yet. */
final class PendingReply {
    /** What was asked, for messages. */
    private final String operation;

    /** Of a spawn: the process that begins with the reply. */
    private final @Nullable GuardProcess process;

    private final CompletableFuture<FrameReader> reply = new CompletableFuture<>();

    // Of the reader's thread, until it lets the caller see them.
    private @Nullable FrameReader body;
    private @Nullable IOException failure;

    PendingReply(String operation, @Nullable GuardProcess process) {
        this.operation = operation;
        this.process = process;
    }

    String operation() {
        return operation;
    }

    @Nullable GuardProcess process() {
        return process;
    }

    /**
     * Waits for the reply.
     *
     * @return the body after the errno
     */
    FrameReader await(Duration limit) throws IOException {
        Waited<FrameReader> waited = Waited.on(reply, limit);
        if (!waited.isOver() && !reply.cancel(false)) {
            // It came at the last moment, and whoever brought it takes it for seen.
            waited = Waited.on(reply, Duration.ZERO);
        }
        return switch (waited) {
            case Waited.Done(FrameReader seen) -> seen;
            case Waited.Failed(IOException e) -> throw e;
            case Waited.Failed(Throwable cause) -> throw new IOException(operation, cause);
            case Waited.TimedOut() ->
                    throw new IOException(
                            operation
                                    + ": no answer from the guard process after "
                                    + limit.toMillis()
                                    + " ms");
            case Waited.Interrupted() -> throw new InterruptedIOException(operation);
        };
    }

    /**
     * Takes the reply, but lets nobody see it yet.
     *
     * @return the body after the errno, or null if the guard refused
     */
    @Nullable FrameReader complete(FrameReader frame) throws IOException {
        int errno = frame.u32();
        if (errno == 0) {
            body = frame;
        } else {
            failure = new HostFailure(errno, operation + ": " + frame.string());
        }
        return body;
    }

    /**
     * Wakes the caller.
     *
     * @return false if the caller has given up: what the guard made must be undone
     */
    boolean release() {
        FrameReader seen = body;
        if (seen != null) {
            return reply.complete(seen);
        }
        return reply.completeExceptionally(
                failure != null ? failure : new IOException(operation + ": no reply"));
    }

    /** There will be no reply. */
    void lose(IOException cause) {
        reply.completeExceptionally(new IOException(operation + ": " + cause.getMessage(), cause));
    }
}
