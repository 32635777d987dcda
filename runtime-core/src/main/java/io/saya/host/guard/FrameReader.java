package io.saya.host.guard;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads the body of one frame. What does not fit the frame is an error of the guard. */
final class FrameReader {
    private final byte[] bytes;
    private int position;

    FrameReader(byte[] bytes) {
        this.bytes = bytes;
    }

    int u8() throws IOException {
        return bytes[take(1)] & 0xff;
    }

    int u32() throws IOException {
        int at = take(4);
        return (bytes[at] & 0xff) << 24
                | (bytes[at + 1] & 0xff) << 16
                | (bytes[at + 2] & 0xff) << 8
                | (bytes[at + 3] & 0xff);
    }

    byte[] bytes() throws IOException {
        int length = u32();
        int at = take(length);
        take(1); // the NUL, for the guard's side
        return Arrays.copyOfRange(bytes, at, at + length);
    }

    /** Bytes that are no UTF-8 (of a process's output) become replacement characters. */
    String string() throws IOException {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    /** False at the end: what a guard of an earlier version does not tell. */
    boolean hasMore() {
        return position < bytes.length;
    }

    private int take(int count) throws IOException {
        if (count < 0 || bytes.length - position < count) {
            throw new IOException(
                    "guard: frame of "
                            + bytes.length
                            + " bytes ends early (expected: "
                            + count
                            + " more at "
                            + position
                            + ")");
        }
        int at = position;
        position += count;
        return at;
    }
}
