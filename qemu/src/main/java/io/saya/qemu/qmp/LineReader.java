package io.saya.qemu.qmp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Cuts a stream of bytes into lines of bounded length. One thread only. */
final class LineReader {
    private final ReadableByteChannel channel;
    private final int limit;
    private final ByteBuffer input = ByteBuffer.allocate(4096).limit(0);
    private byte[] line = new byte[512];
    private int length;

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
     * @throws TooLongException if the line is longer than the limit; the stream is of no use then
     */
    byte @Nullable [] next() throws IOException {
        while (true) {
            while (input.hasRemaining()) {
                byte b = input.get();
                if (b == '\n') {
                    return take();
                }
                append(b);
            }
            input.clear();
            int count = channel.read(input);
            input.flip();
            if (count < 0) {
                return null;
            }
        }
    }

    private byte[] take() {
        int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
        byte[] taken = Arrays.copyOf(line, end);
        length = 0;
        return taken;
    }

    private void append(byte b) throws TooLongException {
        if (length == limit) {
            throw new TooLongException(limit);
        }
        if (length == line.length) {
            line = Arrays.copyOf(line, Math.min(2 * length, limit));
        }
        line[length++] = b;
    }

    /** A line is longer than allowed. */
    static final class TooLongException extends IOException {
        private static final long serialVersionUID = 1L;

        TooLongException(int limit) {
            super("line of more than " + limit + " bytes");
        }
    }
}
