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
    private static final int MAX_BYTES = 2 * ProcessStdio.MAX_WRITE;

    /**
     * A client that writes byte by byte fills the heap with objects long before it does so with
     * bytes.
     */
    private static final int MAX_PIECES = 64;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<ByteString> pieces = new ArrayDeque<>();

    @GuardedBy("lock")
    private int bytes;

    @GuardedBy("lock")
    private boolean ended;

    @GuardedBy("lock")
    private boolean closed;

    /** Waits for room and takes a piece; false if the queue was closed by {@link #close}. */
    boolean put(ByteString piece) {
        lock.lock();
        try {
            while (!closed && (bytes >= MAX_BYTES || pieces.size() >= MAX_PIECES)) {
                changed.awaitUninterruptibly();
            }
            if (!closed) {
                pieces.add(piece);
                bytes += piece.size();
                changed.signalAll();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
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
            while (!closed && !ended && pieces.isEmpty()) {
                changed.awaitUninterruptibly();
            }
            ByteString taken = ByteString.EMPTY;
            ByteString piece = closed ? null : pieces.peek();
            while (piece != null && taken.size() + piece.size() <= ProcessStdio.MAX_WRITE) {
                taken = taken.concat(piece);
                pieces.remove();
                piece = pieces.peek();
            }
            bytes -= taken.size();
            changed.signalAll();
            return taken;
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
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
