package io.saya.io;

import io.saya.failure.RuntimeFailure;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The standard streams of one process, from the moment containerd names them until Delete. Thread
 * safe; no method but {@link #finish} and {@link #close} ever blocks, whatever the client at the
 * other end of a FIFO does or the guest does not.
 *
 * <p>In the order of a process's life: {@link StdioOpener#open} in Create or Exec, {@link #attach}
 * as soon as the process exists in the guest, {@link #closeStdin} whenever CloseIO comes, {@link
 * #finish} in Delete. A process that never came to be needs {@link #close} only.
 */
public interface ProcessStdio extends AutoCloseable {

    /** The most bytes asked of the guest at once. */
    int MAX_READ = 1 << 20;

    /** How long {@link #close} waits, per stream, for what it has freed to leave. */
    Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    /** The most bytes sent to the guest at once. */
    int MAX_WRITE = 256 << 10;

    /**
     * Starts to move bytes. Called once at most, and blocks only where streams are kept, until the
     * guard holds stdin; after {@link #close} it only closes {@code guest}.
     */
    void attach(GuestStreams guest);

    /**
     * Carries out CloseIO: gives up the daemon's hold on stdin. The process reads an end of file
     * once the client has closed its end as well and all input was handed over. May come before
     * {@link #attach}, again, after the end, or where there is no stdin: remembered or without
     * effect.
     */
    void closeStdin();

    /**
     * Completes, never exceptionally, when all output was read from the guest, or given up by
     * {@link #close}. Up to {@link #MAX_READ} bytes per stream may still be on their way to the
     * client; nothing of it needs the guest any more. A client that does not read delays this only
     * where there is more output than that.
     */
    CompletableFuture<Void> outputRead();

    /**
     * Completes, never exceptionally, when all output is where its client reads it: in its FIFO,
     * its file or its logger's pipe; or was given up by {@link #close}. A client that has not come
     * yet, or reads slowly, delays this; what a logger does when it has read all does not.
     */
    CompletableFuture<Void> outputWritten();

    /**
     * Completes, never exceptionally, when stdout and stderr have ended, were handed over and are
     * closed, so that the client sees its end of file; or were given up by {@link #close}. What a
     * FIFO holds counts as handed over when its client is there to read it. Where the client is
     * away, this waits until it comes back: without limit, so do not make a process's exit wait for
     * it.
     */
    CompletableFuture<Void> outputEnded();

    /**
     * Tells what another daemon needs to know to go on with the streams if this one dies, but for
     * how far they have come, which is counted elsewhere ({@link StreamPositions}). Changes nothing
     * and does not block.
     *
     * @throws io.saya.failure.RuntimeFailure FAILED_PRECONDITION if nobody could go on with them
     */
    default HeldStdio standing() {
        throw RuntimeFailure.failedPrecondition("its streams are not kept");
    }

    /**
     * Writes nothing from now on until {@link #release}, for another daemon to go on with the
     * streams. What the guest answers must not come meanwhile. Never blocks.
     *
     * @return null, and nothing has changed, while something is on its way
     * @throws io.saya.failure.RuntimeFailure FAILED_PRECONDITION if only this daemon can serve them
     */
    default @Nullable HeldStdio hold() {
        throw new UnsupportedOperationException();
    }

    /** Goes on after {@link #hold}. */
    default void release() {}

    /**
     * Carries out Delete: waits until {@link #outputEnded}, then closes everything.
     *
     * @param limit how long to wait at most. Not used up where waiting has no purpose: the output
     *     has ended, and its client has been there and gone away
     */
    void finish(Duration limit);

    /**
     * Ends everything at once: every open, read and write that is stuck is freed, everything is
     * closed, output that was not handed over is lost. Returns when no thread works for these
     * streams any more: a matter of milliseconds, bounded by {@link #CLOSE_LIMIT} for each stream.
     * May be called again and by several threads at once.
     */
    @Override
    void close();
}
