package io.saya.host.guard;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.host.HostFailure;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A request that the guard has not answered yet. */
final class PendingReply {
    /** What was asked, for messages. */
    private final String operation;

    /** Of a spawn: the process that begins with the reply. */
    private final @Nullable GuardProcess process;

    @GuardedBy("this")
    private boolean done;

    @GuardedBy("this")
    private boolean abandoned;

    @GuardedBy("this")
    private @Nullable FrameReader body;

    @GuardedBy("this")
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
    synchronized FrameReader await(Duration limit) throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!done) {
            long left = (deadline - System.nanoTime()) / 1_000_000L;
            if (left <= 0) {
                abandoned = true;
                throw new IOException(
                        operation
                                + ": no answer from the guard process after "
                                + limit.toMillis()
                                + " ms");
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                abandoned = true;
                Thread.currentThread().interrupt();
                InterruptedIOException interrupted = new InterruptedIOException(operation);
                interrupted.initCause(e);
                throw interrupted;
            }
        }
        if (failure != null) {
            throw failure;
        }
        if (body == null) {
            throw new IllegalStateException(operation + ": done without a reply");
        }
        return body;
    }

    /**
     * Takes the reply, but lets nobody see it yet.
     *
     * @return the body after the errno, or null if the guard refused
     */
    synchronized @Nullable FrameReader complete(FrameReader reply) throws IOException {
        int errno = reply.u32();
        if (errno == 0) {
            body = reply;
        } else {
            failure = new HostFailure(errno, operation + ": " + reply.string());
        }
        return body;
    }

    /**
     * Wakes the caller.
     *
     * @return false if the caller has given up: what the guard made must be undone
     */
    synchronized boolean release() {
        done = true;
        notifyAll();
        return !abandoned;
    }

    synchronized void lose(IOException cause) {
        failure = new IOException(operation + ": " + cause.getMessage(), cause);
        done = true;
        notifyAll();
    }
}
