package io.saya.io;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a process's input comes from: a FIFO, or a file that is read once. Of a FIFO, a write end
 * is held as well, so that a client may go and come back; {@link #release} gives it up.
 */
final class InputSource implements AutoCloseable {
    /**
     * The first size of a read, which is what waiting for input costs; it grows to what a FIFO
     * holds.
     */
    private static final int MIN_BUFFER = 1 << 10;

    private static final int MAX_BUFFER = 64 << 10;

    private final FileChannel channel;
    private final @Nullable FileChannel heldWriteEnd;
    private final @Nullable OpenedFifo fifo;
    private byte[] buffer = new byte[MIN_BUFFER]; // used by the reading thread only

    private InputSource(
            FileChannel channel, @Nullable FileChannel heldWriteEnd, @Nullable OpenedFifo fifo) {
        this.channel = channel;
        this.heldWriteEnd = heldWriteEnd;
        this.fifo = fifo;
    }

    /** Opens without waiting for a writer. */
    static InputSource open(Path path, FileKind kind) throws IOException {
        if (!kind.isFifo()) {
            return new InputSource(FileChannel.open(path, READ), null, null);
        }
        // Open for reading and writing succeeds at once, and while it lasts so does each alone.
        try (FileChannel both = FileChannel.open(path, READ, WRITE)) {
            assert both.isOpen();
            FileChannel readEnd = FileChannel.open(path, READ);
            try {
                return new InputSource(readEnd, FileChannel.open(path, WRITE), kind.opened(path));
            } catch (IOException e) {
                readEnd.close();
                throw e;
            }
        }
    }

    /** The FIFO of which it has the read end; null if it is a file. */
    @Nullable OpenedFifo fifo() {
        return fifo;
    }

    /**
     * Waits for input, on a thread that may block.
     *
     * @param most bytes
     * @return at least a byte, at most {@code most} and {@value #MAX_BUFFER}; none at the end
     */
    ByteString read(int most) throws IOException {
        if (buffer.length > most) {
            buffer = new byte[most];
        }
        int count = channel.read(ByteBuffer.wrap(buffer));
        if (count < 0) {
            return ByteString.EMPTY;
        }
        if (count < buffer.length) {
            ByteString copy = ByteString.copyFrom(buffer, 0, count);
            if (count <= buffer.length / 4 && buffer.length > MIN_BUFFER) {
                buffer = new byte[buffer.length / 2];
            }
            return copy;
        }
        byte[] full = buffer;
        buffer = new byte[Math.min(2 * full.length, MAX_BUFFER)];
        return UnsafeByteOperations.unsafeWrap(full);
    }

    /** Gives up the write end: the end of file comes when the client has closed its own. */
    void release() throws IOException {
        if (heldWriteEnd != null) {
            heldWriteEnd.close();
        }
    }

    /** Closes everything and frees a read that is stuck. A client that writes on gets EPIPE. */
    @Override
    public void close() throws IOException {
        try {
            release();
        } finally {
            channel.close();
        }
    }
}
