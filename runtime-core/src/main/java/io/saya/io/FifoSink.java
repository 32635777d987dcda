package io.saya.io;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.saya.log.Log;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A FIFO that a client reads, now or later, and that it may close and open again.
 *
 * <pre>
 *   open    write end held; the client's open succeeds from here on
 *   begin   wait for a reader (nothing is written before, so nothing is lost)
 *   write   before a reader has come: keep up to a megabyte, as far as the sandbox has room, then
 *           wait. After that, a read end is held as well: no EPIPE while the client is away
 *   finish  nothing left in the FIFO: close. Otherwise give up the read end, see whether a reader is
 *           there or wait for one, then close; what the FIFO holds stays with its reader
 * </pre>
 */
final class FifoSink implements OutputSink {
    private static final Log LOG = Log.of("stdio");

    private final OpenedFifo fifo;
    private final BlockingThreads threads;
    private final OverlappedWriter writer;
    private final StreamRoom.Share room;
    private final KeptOutput output;
    private final ReentrantLock closing = new ReentrantLock();

    /** The guard has been told that its end is not needed any more. */
    @GuardedBy("closing")
    private boolean given;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();

    // The lock is never held while anything blocks.
    @GuardedBy("lock")
    private @Nullable ReaderArrival arrival;

    @GuardedBy("lock")
    private @Nullable FileInputStream readEnd;

    @GuardedBy("lock")
    private ByteString kept;

    @GuardedBy("lock")
    private boolean held;

    @GuardedBy("lock")
    private boolean cameWhileHeld;

    @GuardedBy("lock")
    private boolean closed;

    private FifoSink(
            OpenedFifo fifo,
            FileChannel writeEnd,
            ByteString kept,
            BlockingThreads threads,
            StreamRoom.Share room,
            KeptOutput output) {
        this.fifo = fifo;
        this.kept = kept;
        this.threads = threads;
        this.room = room;
        this.output = output;
        this.writer = new OverlappedWriter(writeEnd, threads, output);
    }

    /**
     * Opens the write end, without a reader and without waiting for one.
     *
     * @param room for what is kept until a reader has come
     */
    static FifoSink open(Path path, FileKind kind, BlockingThreads threads, StreamRoom.Share room)
            throws IOException {
        return open(path, kind, ByteString.EMPTY, threads, room, KeptOutput.NOT);
    }

    /**
     * Opens the write end, as above.
     *
     * @param kept what is to be written before all else
     * @param output told of what is written; one that is kept has the guard hold the FIFO as well
     */
    static FifoSink open(
            Path path,
            FileKind kind,
            ByteString kept,
            BlockingThreads threads,
            StreamRoom.Share room,
            KeptOutput output)
            throws IOException {
        // Open for reading and writing succeeds at once, and while it lasts so does open for
        // writing alone.
        try (FileChannel both = FileChannel.open(path, READ, WRITE)) {
            assert both.isOpen();
            boolean _ = kept.isEmpty() || room.keep(kept.size());
            OpenedFifo fifo = kind.opened(path);
            FileChannel writeEnd = FileChannel.open(path, WRITE);
            try {
                return new FifoSink(fifo, writeEnd, kept, threads, room, output.of(fifo));
            } catch (RuntimeException | Error e) {
                // Or its reader would never find an end.
                writeEnd.close();
                throw e;
            }
        }
    }

    /**
     * Two streams may share a FIFO, so this comes after all opens: the short read end that each of
     * them has would pass for the reader that this waits for.
     */
    @Override
    public void begin() {
        lock.lock();
        try {
            if (!closed && arrival == null) {
                arrival = ReaderArrival.of(fifo, threads, this::readerCame);
            }
        } finally {
            lock.unlock();
        }
    }

    private void readerCame() throws IOException {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (held) {
                cameWhileHeld = true;
                return;
            }
            readEnd = new FileInputStream(fifo.openable().toFile());
            if (!kept.isEmpty()) {
                // The first use of the writer, so it takes this at once.
                writer.write(kept);
                kept = ByteString.EMPTY;
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(ByteString chunk) throws IOException {
        if (!keep(chunk)) {
            currentArrival().await();
            if (fitsAtOnce(chunk)) {
                writer.writeNow(chunk);
            } else {
                writer.write(chunk);
            }
            // A chunk is taken when the one before it, and with it all that was kept, is written.
            room.letGo();
        }
    }

    /** So a short program's output is out of the guest, whenever its client comes. */
    private boolean keep(ByteString chunk) throws ClosedChannelException {
        lock.lock();
        try {
            if (closed) {
                throw new ClosedChannelException();
            }
            if (readEnd != null
                    || kept.size() + chunk.size() > ProcessStdio.MAX_READ
                    || !room.keep(chunk.size())) {
                return false;
            }
            kept = kept.concat(chunk);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** An empty FIFO takes a chunk of that size whole, even where two streams share it. */
    private boolean fitsAtOnce(ByteString chunk) throws IOException {
        return chunk.size() <= DIRECT_BYTES && writer.isIdle() && isEmpty();
    }

    private ReaderArrival currentArrival() throws ClosedChannelException {
        lock.lock();
        try {
            if (closed || arrival == null) {
                throw new ClosedChannelException();
            }
            return arrival;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void finish(Runnable written, Runnable clientAway) throws IOException {
        // Also where nothing was written: a client that opens later must find an end of file, not
        // a FIFO that nobody has open.
        currentArrival().await();
        awaitReleased();
        writer.awaitWritten();
        written.run();
        if (!isEmpty()) {
            waitForReader(clientAway);
        }
        close();
    }

    @Override
    public KeptOutput output() {
        return output;
    }

    private boolean isEmpty() throws IOException {
        lock.lock();
        try {
            return readEnd == null || readEnd.available() == 0;
        } finally {
            lock.unlock();
        }
    }

    /**
     * What looks like a reader while this is held may be the daemon that is to go on, which opens
     * the FIFO: nothing is closed before it is known who goes on.
     *
     * @return true if it was held
     */
    private boolean awaitReleased() {
        lock.lock();
        try {
            boolean was = held;
            while (held && !closed) {
                released.awaitUninterruptibly();
            }
            return was;
        } finally {
            lock.unlock();
        }
    }

    /** The write end is still held, so the FIFO keeps its bytes although nobody may be reading. */
    private void waitForReader(Runnable clientAway) throws IOException {
        ReaderArrival again;
        lock.lock();
        try {
            if (closed) {
                throw new ClosedChannelException();
            }
            closeReadEndLocked();
            again = ReaderArrival.of(fifo, threads, () -> {});
            arrival = again;
        } finally {
            lock.unlock();
        }
        clientAway.run();
        again.await();
        if (awaitReleased()) {
            waitForReader(clientAway);
        }
    }

    @Override
    public @Nullable ByteString hold() {
        lock.lock();
        try {
            if (!writer.isIdle()) {
                return null;
            }
            held = true;
            return kept;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void release() {
        lock.lock();
        try {
            held = false;
            released.signalAll();
            if (cameWhileHeld) {
                cameWhileHeld = false;
                // At once: whoever finishes the stream takes the reader for served.
                readerCame();
            }
        } catch (IOException e) {
            LOG.warn("output is lost", "path", fifo.path(), "error", e);
        } finally {
            lock.unlock();
        }
    }

    /** Closes the stream. A second caller returns when everything is closed, too. */
    @Override
    public void close() {
        closing.lock();
        try {
            closeAll();
        } finally {
            closing.unlock();
        }
    }

    @GuardedBy("closing")
    private void closeAll() {
        ReaderArrival expected;
        lock.lock();
        try {
            closed = true;
            released.signalAll();
            kept = ByteString.EMPTY;
            room.letGo();
            expected = arrival;
        } finally {
            lock.unlock();
        }
        if (expected != null) {
            giveUp(expected);
        }
        output.ended();
        closeWriter();
        lock.lock();
        try {
            closeReadEndLocked();
        } finally {
            lock.unlock();
        }
        if (!given) {
            given = true;
            output.release();
        }
    }

    private void giveUp(ReaderArrival expected) {
        try {
            expected.giveUp();
        } catch (IOException e) {
            LOG.error("the wait for a FIFO's reader did not end", "error", e);
        }
    }

    private void closeWriter() {
        try {
            writer.close();
        } catch (IOException e) {
            LOG.warn("FIFO was not closed", "path", fifo.path(), "error", e);
        }
    }

    @GuardedBy("lock")
    private void closeReadEndLocked() {
        FileInputStream held = readEnd;
        readEnd = null;
        if (held != null) {
            try {
                held.close();
            } catch (IOException e) {
                LOG.warn("FIFO was not closed", "path", fifo.path(), "error", e);
            }
        }
    }
}
