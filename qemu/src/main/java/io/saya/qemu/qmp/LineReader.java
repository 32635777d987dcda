package io.saya.qemu.qmp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of bytes into lines of bounded length, in a bounded number of pieces: each read
 * costs about the same, however little it brings. One thread only.
 */
final class LineReader {
    /** Reads for one line. QEMU writes each in pieces of 4 KiB at least, but for the last. */
    static final int MAX_READS = 16 * 1024;

    private final ReadableByteChannel channel;
    private final int limit;
    private final ByteBuffer input = ByteBuffer.allocate(4096).limit(0);
    private byte[] line = new byte[512];
    private int length;
    private int reads;

    /**
     * Reads from a channel.
     *
     * @param limit bytes that a line may have without its end
     */
    LineReader(ReadableByteChannel channel, int limit) {
        this.channel = channel;
        this.limit = limit;
    }

    /**
     * Blocks for the next line.
     *
     * @return the line without its end (LF or CR LF); null at the end of the stream, where an
     *     unfinished line is dropped
     * @throws TooLongException if the line is longer than the limit, or comes in too many pieces;
     *     the stream is of no use then
     */
    byte @Nullable [] next() throws IOException {
        reads = 0;
        while (true) {
            while (input.hasRemaining()) {
                byte b = input.get();
                if (b == '\n') {
                    return take();
                }
                append(b);
            }
            if (++reads > MAX_READS) {
                throw new TooLongException("line in more than " + MAX_READS + " pieces");
            }
            input.clear();
            int count = channel.read(input);
            input.flip();
            if (count < 0) {
                return null;
            }
        }
    }

    /** How often was read for the line that {@link #next} has returned. */
    int reads() {
        return reads;
    }

    private byte[] take() {
        int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
        byte[] taken = Arrays.copyOf(line, end);
        length = 0;
        return taken;
    }

    private void append(byte b) throws TooLongException {
        if (length == limit) {
            throw new TooLongException("line of more than " + limit + " bytes");
        }
        if (length == line.length) {
            line = Arrays.copyOf(line, Math.min(2 * length, limit));
        }
        line[length++] = b;
    }

    /** A line is longer than allowed, or comes in more pieces. */
    static final class TooLongException extends IOException {
        private static final long serialVersionUID = 1L;

        TooLongException(String what) {
            super(what);
        }
    }
}
