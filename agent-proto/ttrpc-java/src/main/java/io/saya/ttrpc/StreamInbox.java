package io.saya.ttrpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.saya.ttrpc.wire.ReadGate;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Messages of one stream that have arrived and were not yet asked for.
 *
 * <p>ttrpc has no flow control. A full inbox holds back the whole connection, but only for so long:
 * a stream whose reader stalls must not stop the others, so it fails instead.
 */
final class StreamInbox {
    private static final int FULL_MESSAGES = 64;
    private static final int FULL_BYTES = 1 << 20;
    private static final int RESUME_MESSAGES = FULL_MESSAGES / 4;
    private static final int RESUME_BYTES = FULL_BYTES / 4;

    /** What Go's implementation allows a reader as well. */
    private static final long STALL_MILLIS = 1000;

    private final EventLoop loop;
    private final ReadGate gate;

    // On the event loop only.
    private boolean holding;
    private @Nullable Future<?> stallTimer;
    private long takenAtWatch;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<byte[]> messages = new ArrayDeque<>();

    @GuardedBy("lock")
    private int bytes;

    @GuardedBy("lock")
    private boolean full;

    @GuardedBy("lock")
    private long taken;

    @GuardedBy("lock")
    private boolean ended;

    @GuardedBy("lock")
    private @Nullable TtrpcException failure;

    StreamInbox(EventLoop loop, ReadGate gate) {
        this.loop = loop;
        this.gate = gate;
    }

    /** Adds a message; on the event loop. */
    void add(byte[] message) {
        boolean holdNow;
        lock.lock();
        try {
            if (ended) {
                return;
            }
            messages.add(message);
            bytes += message.length;
            // Once full it stays so until the reader has made room: frames that were read before
            // the stop still come.
            full = full || messages.size() >= FULL_MESSAGES || bytes >= FULL_BYTES;
            holdNow = full && !holding;
            changed.signal();
        } finally {
            lock.unlock();
        }
        if (holdNow) {
            holding = true;
            gate.hold();
            watchReader();
        }
    }

    private void watchReader() {
        lock.lock();
        try {
            takenAtWatch = taken;
        } finally {
            lock.unlock();
        }
        stallTimer = loop.schedule(this::checkReader, STALL_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Says that no message follows; on the event loop. */
    void end() {
        finish(null);
    }

    /** Fails the reader when it has taken what came before; on the event loop. */
    void fail(TtrpcException cause) {
        finish(cause);
        open();
    }

    /** Fails the reader at once and drops what is there; on the event loop. */
    void drop(TtrpcException cause) {
        lock.lock();
        try {
            messages.clear();
            bytes = 0;
        } finally {
            lock.unlock();
        }
        fail(cause);
    }

    private void finish(@Nullable TtrpcException cause) {
        lock.lock();
        try {
            if (failure == null) {
                failure = cause;
            }
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void checkReader() {
        boolean progress;
        lock.lock();
        try {
            progress = taken != takenAtWatch;
        } finally {
            lock.unlock();
        }
        if (progress) {
            watchReader();
            return;
        }
        drop(
                new TtrpcStatusException(
                        StatusCode.RESOURCE_EXHAUSTED,
                        "the reader of this stream took nothing for "
                                + STALL_MILLIS
                                + " ms while messages arrived"));
    }

    private void open() {
        if (holding) {
            holding = false;
            gate.release();
        }
        if (stallTimer != null) {
            stallTimer.cancel(false);
            stallTimer = null;
        }
    }

    /**
     * Waits for the next message.
     *
     * @param deadline {@link System#nanoTime}, or 0 for none
     * @return null at the end
     */
    byte @Nullable [] take(long deadline) throws TtrpcException, InterruptedException {
        byte[] message;
        boolean resume;
        lock.lockInterruptibly();
        try {
            while (messages.isEmpty() && !ended) {
                long left = deadline == 0 ? Long.MAX_VALUE : deadline - System.nanoTime();
                if (left <= 0) {
                    throw new TtrpcStatusException(
                            StatusCode.DEADLINE_EXCEEDED, "no message arrived before the deadline");
                }
                var _ = changed.awaitNanos(left);
            }
            message = messages.poll();
            if (message == null) {
                if (failure != null) {
                    throw failure;
                }
                return null;
            }
            taken++;
            bytes -= message.length;
            resume = full && messages.size() <= RESUME_MESSAGES && bytes <= RESUME_BYTES;
            if (resume) {
                full = false;
            }
        } finally {
            lock.unlock();
        }
        if (resume) {
            resumeReading();
        }
        return message;
    }

    void throwIfFailed() throws TtrpcException {
        lock.lock();
        try {
            if (failure != null) {
                throw failure;
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Begins to read again. By the time this runs the inbox may have filled again; then another
     * reading follows and finds it full.
     */
    private void resumeReading() {
        try {
            loop.execute(this::open);
        } catch (RejectedExecutionException e) {
            // The event loop has ended: there is nothing left to read.
        }
    }
}
