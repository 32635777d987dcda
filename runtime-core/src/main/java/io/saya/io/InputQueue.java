package io.saya.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Hands input from the thread that reads it to the thread that sends it: while one piece travels to
 * the guest, more pieces are collected and go as one. Bounded in bytes and in pieces, so a process
 * that does not read its input makes its client wait, not the heap grow.
 */
final class InputQueue {
    /** The part of a write that a piece of input should be at most. */
    private static final int PART = 4;

    /**
     * A client that writes byte by byte fills the heap with objects long before it does so with
     * bytes.
     */
    private static final int MAX_PIECES = 64;

    private final StreamRoom.Share room;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<ByteString> pieces = new ArrayDeque<>();

    @GuardedBy("lock")
    private int bytes;

    /** The most bytes of a write, and about as many wait here meanwhile. */
    @GuardedBy("lock")
    private int most = StreamRoom.LEAST;

    @GuardedBy("lock")
    private boolean ended;

    @GuardedBy("lock")
    private boolean closed;

    /** What was handed out last may still be on its way. */
    @GuardedBy("lock")
    private boolean taken;

    /**
     * @param room for what is sent and what waits
     */
    InputQueue(StreamRoom.Share room) {
        this.room = room;
    }

    /** The most bytes that a piece should have. */
    int most() {
        lock.lock();
        try {
            return most / PART;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for room and takes a piece; false if the queue was closed by {@link #close}. */
    boolean put(ByteString piece) {
        lock.lock();
        try {
            while (!closed && (bytes >= most || pieces.size() >= MAX_PIECES)) {
                changed.awaitUninterruptibly();
            }
            if (!closed) {
                pieces.add(piece);
                bytes += piece.size();
                most = room.resize(next(piece.size()));
                changed.signalAll();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /** Only who fills its pieces gets more. */
    @GuardedBy("lock")
    private int next(int got) {
        if (got >= most / PART) {
            return Math.min(2 * most, ProcessStdio.MAX_WRITE);
        }
        return got <= most / PART / 4 ? most / 2 : most;
    }

    /** Says that no more pieces will come; those that are here are still handed out. */
    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for pieces and returns as many as make up at most {@link ProcessStdio#MAX_WRITE} bytes;
     * empty at the end or after {@link #close}.
     */
    ByteString take() {
        lock.lock();
        try {
            taken = false;
            while (!closed && !ended && pieces.isEmpty()) {
                changed.awaitUninterruptibly();
            }
            ByteString all = ByteString.EMPTY;
            ByteString piece = closed ? null : pieces.peek();
            while (piece != null
                    && (all.isEmpty() || all.size() + piece.size() <= ProcessStdio.MAX_WRITE)) {
                all = all.concat(piece);
                pieces.remove();
                piece = pieces.peek();
            }
            bytes -= all.size();
            taken = !all.isEmpty();
            changed.signalAll();
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** True if nothing is here, and whoever takes has come back for more. */
    boolean atRest() {
        lock.lock();
        try {
            return pieces.isEmpty() && !taken;
        } finally {
            lock.unlock();
        }
    }

    /** True if the end was reached in order, that is, not by {@link #close}. */
    boolean endedInOrder() {
        lock.lock();
        try {
            return ended && !closed;
        } finally {
            lock.unlock();
        }
    }

    /** Drops all pieces and frees the threads that wait. */
    void close() {
        lock.lock();
        try {
            closed = true;
            pieces.clear();
            bytes = 0;
            room.end();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
