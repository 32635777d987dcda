package io.saya.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.saya.lifecycle.Waited;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Writes one chunk on a thread that may block while the caller fetches the next one: that is all
 * the reading ahead there is, so a stream whose client is slow holds two chunks. Order is kept.
 * Called by one thread; {@link #close} by any.
 */
final class OverlappedWriter implements AutoCloseable {
    /**
     * What goes to the kernel at once. A FIFO takes no more at a time, and the JDK keeps a direct
     * buffer of this size for each thread that has written.
     */
    private static final int SLICE_BYTES = 64 << 10;

    private final WritableByteChannel channel;
    private final BlockingThreads threads;
    private final KeptOutput kept;
    private final int slice;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();

    @GuardedBy("lock")
    private boolean writing;

    @GuardedBy("lock")
    private boolean closed;

    @GuardedBy("lock")
    private @Nullable IOException failure;

    /**
     * @param kept told of what is written
     */
    OverlappedWriter(WritableByteChannel channel, BlockingThreads threads, KeptOutput kept) {
        this.channel = channel;
        this.threads = threads;
        this.kept = kept;
        this.slice = kept.slice(SLICE_BYTES);
    }

    /**
     * Takes a chunk, and begins to write it once the chunk before it is written.
     *
     * @throws IOException that chunk could not be written, or this is closed
     */
    void write(ByteString chunk) throws IOException {
        lock.lock();
        try {
            awaitIdleLocked();
            threads.execute(() -> writeOnThisThread(chunk));
            writing = true;
        } finally {
            lock.unlock();
        }
    }

    /** Writes on the calling thread, after what was given before. For what cannot block. */
    void writeNow(ByteString chunk) throws IOException {
        awaitWritten();
        copy(chunk);
    }

    /** True if nothing that was given is still to be written. */
    boolean isIdle() {
        lock.lock();
        try {
            return !writing;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until all that was given is written, or throws why it was not. */
    void awaitWritten() throws IOException {
        lock.lock();
        try {
            awaitIdleLocked();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void awaitIdleLocked() throws IOException {
        // No limit: a slow client may take as long as it likes. close() ends the wait.
        while (writing && !closed) {
            idle.awaitUninterruptibly();
        }
        if (failure != null) {
            throw failure;
        }
        if (closed) {
            throw new ClosedChannelException();
        }
    }

    private void writeOnThisThread(ByteString chunk) {
        IOException thrown = null;
        try {
            copy(chunk);
        } catch (IOException e) {
            thrown = e;
        } catch (RuntimeException | Error e) {
            // Or the chunk would be taken for written.
            thrown = new IOException("output cannot be written: " + e, e);
        } finally {
            lock.lock();
            try {
                failure = thrown;
                writing = false;
                idle.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void copy(ByteString chunk) throws IOException {
        for (ByteBuffer buffer : chunk.asReadOnlyByteBufferList()) {
            int end = buffer.limit();
            while (buffer.position() < end) {
                buffer.limit(Math.min(end, buffer.position() + slice));
                kept.written(channel.write(buffer));
            }
        }
    }

    /**
     * Closes the channel: a write that is stuck ends, and so does every wait here. Returns when no
     * thread writes any more, at the latest after {@link ProcessStdio#CLOSE_LIMIT}.
     */
    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            closed = true;
            idle.signalAll();
        } finally {
            lock.unlock();
        }
        channel.close();
        awaitThreadGone();
    }

    private void awaitThreadGone() {
        var _ = Waited.happens(ProcessStdio.CLOSE_LIMIT, this::idleWithin);
    }

    private boolean idleWithin(long nanos) throws InterruptedException {
        lock.lock();
        try {
            for (long left = nanos; writing && left > 0; ) {
                left = idle.awaitNanos(left);
            }
            return !writing;
        } finally {
            lock.unlock();
        }
    }
}
