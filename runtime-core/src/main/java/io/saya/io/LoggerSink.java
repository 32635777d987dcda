package io.saya.io;

import com.google.protobuf.ByteString;
import io.saya.failure.RuntimeFailure;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;

/** One of the two streams of a logger: a FIFO whose end tells the logger's process. */
final class LoggerSink implements OutputSink {
    private static final KeptOutput KEPT_BY_NOBODY =
            KeptOutput.refused(
                    "output goes to a logger (binary:), which is a child of this daemon and ends"
                            + " with it");

    private enum State {
        OPEN,
        /** The FIFO is closed, and a thread may wait for the logger. */
        FINISHING,
        CLOSED
    }

    private final FifoSink fifo;
    private final LoggerProcess logger;
    private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);

    LoggerSink(FifoSink fifo, LoggerProcess logger) {
        this.fifo = fifo;
        this.logger = logger;
    }

    @Override
    public void begin() {
        fifo.begin();
    }

    @Override
    public void write(ByteString chunk) throws IOException {
        fifo.write(chunk);
    }

    @Override
    public void finish(Runnable written, Runnable clientAway) throws IOException {
        // A logger does not go away and come back: its exit closes the FIFO.
        fifo.finish(written, () -> {});
        if (state.compareAndSet(State.OPEN, State.FINISHING)) {
            logger.streamClosed(false);
            state.set(State.CLOSED);
        }
    }

    @Override
    public KeptOutput output() {
        return KEPT_BY_NOBODY;
    }

    @Override
    public ByteString hold() {
        throw RuntimeFailure.failedPrecondition(KEPT_BY_NOBODY.obstacle());
    }

    @Override
    public void release() {}

    @Override
    public void close() {
        fifo.close();
        if (state.compareAndSet(State.OPEN, State.CLOSED)) {
            logger.streamClosed(true);
        } else if (state.get() == State.FINISHING) {
            logger.giveUp();
        }
    }
}
