package io.saya.ttrpc.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The frames of one connection that are not yet with its socket, in the order in which they were
 * added.
 *
 * <p>Any thread adds; the event loop writes, in batches, as long as the channel takes more. The
 * bytes in the queue are bounded: who wants to add reserves first, and may wait for a slow peer. A
 * single frame larger than the bound passes when the queue is empty.
 */
public final class OutboundQueue {
    private final Channel channel;
    private final FrameWriter writer;
    private final long limit;
    private final Runnable onRoom;

    private final AtomicLong reserved = new AtomicLong();
    private final AtomicReference<@Nullable OutboundFrame> added = new AtomicReference<>();
    private final Runnable drainTask = this::drain;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean closed;

    // On the event loop only: frames taken from the stack of added ones, oldest first.
    private @Nullable OutboundFrame head;
    private @Nullable OutboundFrame tail;
    private long headBytes;
    private boolean draining;
    private boolean frozen;

    /**
     * Creates an empty queue.
     *
     * @param limit bytes that may wait in it
     * @param onRoom runs on the event loop after frames have left
     */
    public OutboundQueue(Channel channel, FrameWriter writer, long limit, Runnable onRoom) {
        this.channel = channel;
        this.writer = writer;
        this.limit = limit;
        this.onRoom = onRoom;
    }

    /** Bytes in the queue, those reserved for frames to come included. */
    public long bytes() {
        return reserved.get();
    }

    /**
     * Reserves room for a frame's payload and its header if there is room, or if the queue is
     * empty.
     */
    public boolean tryReserve(OutboundFrame frame, int payloadLength) {
        int length = WireFormat.HEADER_LENGTH + payloadLength;
        frame.reservedLength(length);
        long current = reserved.get();
        while (current == 0 || current + length <= limit) {
            if (reserved.compareAndSet(current, current + length)) {
                return true;
            }
            current = reserved.get();
        }
        return false;
    }

    /**
     * Reserves room whether there is any or not: for what the event loop itself has to say, as it
     * cannot wait.
     */
    public void reserveAnyway(OutboundFrame frame, int payloadLength) {
        int length = WireFormat.HEADER_LENGTH + payloadLength;
        frame.reservedLength(length);
        reserved.addAndGet(length);
    }

    /**
     * Reserves room for a frame, waiting for it if needed; not on the event loop.
     *
     * @param deadline {@link System#nanoTime} at which to give up, or 0 for never
     * @return false if the deadline passed or the queue was closed
     */
    public boolean reserve(OutboundFrame frame, int payloadLength, long deadline)
            throws InterruptedException {
        // A later frame does not overtake: a large frame would never find room among small ones.
        if (waiting.get() == 0 && tryReserve(frame, payloadLength)) {
            return true;
        }
        lock.lockInterruptibly();
        try {
            waiting.incrementAndGet();
            while (!closed) {
                if (tryReserve(frame, payloadLength)) {
                    return true;
                }
                long left = deadline == 0 ? Long.MAX_VALUE : deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                var _ = room.awaitNanos(left);
            }
            return false;
        } finally {
            waiting.decrementAndGet();
            lock.unlock();
        }
    }

    /**
     * Adds a frame for which room was reserved. After the end of the connection it is discarded.
     */
    public void add(OutboundFrame frame) {
        OutboundFrame first;
        do {
            first = added.get();
            frame.next = first;
        } while (!added.compareAndSet(first, frame));
        if (first == null) {
            schedule();
        }
    }

    private void schedule() {
        try {
            channel.eventLoop().execute(drainTask);
        } catch (RejectedExecutionException e) {
            // The event loop has ended, and with it the connection: nobody else will look at these
            // frames.
            discard(added.getAndSet(null));
        }
    }

    /**
     * Writes what the channel takes; on the event loop. A flush tells the channel's handlers that
     * there is room again, so this may be called from within itself; the outer call then goes on.
     */
    public void drain() {
        takeAdded();
        if (closed) {
            discardAll();
            return;
        }
        if (draining || frozen) {
            return;
        }
        draining = true;
        long written = 0;
        while (head != null && channel.isWritable()) {
            written += writeBatch();
            channel.flush();
        }
        draining = false;
        if (written > 0) {
            release(written);
            onRoom.run();
        }
    }

    /**
     * Writes nothing any more until {@link #thaw}; on the event loop.
     *
     * @return false, and nothing has changed, if something is on its way to the socket
     */
    public boolean freeze() {
        takeAdded();
        ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
        frozen = head == null && !draining && unsent != null && unsent.isEmpty();
        return frozen;
    }

    /** Goes on with what was added meanwhile; on the event loop. */
    public void thaw() {
        frozen = false;
        drain();
    }

    /** Ends the queue: waiting threads go on, frames are discarded; on the event loop. */
    public void close() {
        closed = true;
        takeAdded();
        discardAll();
        lock.lock();
        try {
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The stack has the newest frame on top. */
    private void takeAdded() {
        OutboundFrame frame = added.getAndSet(null);
        OutboundFrame oldest = null;
        OutboundFrame newest = frame;
        while (frame != null) {
            OutboundFrame older = frame.next;
            frame.next = oldest;
            oldest = frame;
            headBytes += frame.reservedLength();
            frame = older;
        }
        if (oldest == null) {
            return;
        }
        if (tail == null) {
            head = oldest;
        } else {
            tail.next = oldest;
        }
        tail = newest;
    }

    private @Nullable OutboundFrame poll() {
        OutboundFrame frame = head;
        if (frame != null) {
            head = frame.next;
            frame.next = null;
            headBytes -= frame.reservedLength();
            if (head == null) {
                tail = null;
            }
        }
        return frame;
    }

    /** Returns how many bytes are no longer reserved. */
    private long writeBatch() {
        writer.begin(channel, headBytes);
        long batch = 0;
        try {
            while (batch < FrameWriter.PIECE) {
                OutboundFrame frame = poll();
                if (frame == null) {
                    break;
                }
                batch += frame.reservedLength();
                if (frame.beforeWrite()) {
                    frame.writeTo(writer);
                }
            }
            writer.end();
        } catch (IOException | RuntimeException e) {
            abort(e);
        }
        return batch;
    }

    /** Half a frame may be out: nothing that follows could be understood. */
    private void abort(Exception cause) {
        try {
            writer.abort();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        channel.pipeline().fireExceptionCaught(cause);
        var _ = channel.close();
    }

    private void release(long bytes) {
        reserved.addAndGet(-bytes);
        if (waiting.get() > 0) {
            lock.lock();
            try {
                room.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void discardAll() {
        OutboundFrame first = head;
        head = null;
        tail = null;
        headBytes = 0;
        discard(first);
    }

    private static void discard(@Nullable OutboundFrame first) {
        for (OutboundFrame frame = first; frame != null; ) {
            OutboundFrame following = frame.next;
            frame.next = null;
            frame.discarded();
            frame = following;
        }
    }
}
