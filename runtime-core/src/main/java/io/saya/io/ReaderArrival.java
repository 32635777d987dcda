package io.saya.io;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.saya.lifecycle.Waited;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.concurrent.CompletableFuture;

/**
 * Waits until somebody has a FIFO open for reading. The kernel tells that in one way only, by
 * letting an open for writing return, so a thread stands in that open meanwhile. This process must
 * hold no read end of the FIFO, or it would meet itself.
 */
final class ReaderArrival {
    /** Called when a reader has come, before any thread that waits goes on. */
    @FunctionalInterface
    interface Welcome {
        void readerCame() throws IOException;
    }

    private final OpenedFifo fifo;
    private final Welcome welcome;
    private final CompletableFuture<Boolean> arrived = new CompletableFuture<>();
    private volatile boolean givenUp;

    private ReaderArrival(OpenedFifo fifo, Welcome welcome) {
        this.fifo = fifo;
        this.welcome = welcome;
    }

    /**
     * Begins to wait. The caller holds a write end until the wait is over.
     *
     * @param welcome called on the thread that waited, while the FIFO is open there: so it can open
     *     a read end without waiting. Not called after {@link #giveUp}
     */
    static ReaderArrival of(OpenedFifo fifo, BlockingThreads threads, Welcome welcome) {
        ReaderArrival arrival = new ReaderArrival(fifo, welcome);
        threads.execute(arrival::openForWriting);
        return arrival;
    }

    private void openForWriting() {
        boolean came = false;
        try (FileChannel probe = fifo.open(WRITE)) {
            if (probe.isOpen() && !givenUp) {
                welcome.readerCame();
                came = true;
            }
        } catch (IOException e) {
            arrived.completeExceptionally(e);
        } finally {
            arrived.complete(came);
        }
    }

    /**
     * Waits for the reader, without limit but that of {@link #giveUp}.
     *
     * @throws IOException the wait was given up, or the FIFO cannot be opened any more
     */
    void await() throws IOException {
        switch (Waited.on(arrived)) {
            case Waited.Done(Boolean came) -> {
                if (!came) {
                    throw new IOException(fifo.path() + ": closed before a reader came");
                }
            }
            case Waited.Failed(Throwable cause) ->
                    throw new IOException(fifo.path() + ": cannot wait for a reader", cause);
            case Waited.TimedOut(), Waited.Interrupted() ->
                    throw new IOException(fifo.path() + ": interrupted");
        }
    }

    /** Ends the wait and frees its thread. Takes well under a millisecond; may be repeated. */
    void giveUp() throws IOException {
        givenUp = true;
        if (arrived.isDone()) {
            return;
        }
        // Open for reading and writing never blocks, and it is the reader that the thread waits
        // for. It has to stay until the thread has left: the thread may not be in its open yet.
        try (FileChannel both = fifo.open(READ, WRITE)) {
            boolean gone = Waited.on(arrived, ProcessStdio.CLOSE_LIMIT).isDone();
            assert both.isOpen();
            if (!gone) {
                throw new IOException(fifo.path() + ": the wait for its reader did not end");
            }
        }
    }
}
