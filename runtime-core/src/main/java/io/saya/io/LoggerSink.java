package io.saya.io;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/** One of the two streams of a logger: a FIFO whose end tells the logger's process. */
final class LoggerSink implements OutputSink {
    private final FifoSink fifo;
    private final LoggerProcess logger;
    private final AtomicBoolean over = new AtomicBoolean();

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
    public void finish(Runnable clientAway) throws IOException {
        // A logger does not go away and come back: its exit closes the FIFO.
        fifo.finish(() -> {});
        if (over.compareAndSet(false, true)) {
            logger.streamFinished();
        }
    }

    @Override
    public void close() {
        fifo.close();
        if (over.compareAndSet(false, true)) {
            logger.streamClosed();
        }
    }
}
