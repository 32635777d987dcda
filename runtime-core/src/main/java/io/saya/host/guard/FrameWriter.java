package io.saya.host.guard;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Builds one request: big-endian integers, strings with their length before and a NUL behind. */
final class FrameWriter {
    private byte[] bytes = new byte[512];
    private int length;

    FrameWriter(int type) {
        u32(0); // the length, known at the end
        u32(0); // the id, given by the connection
        u8(type);
    }

    FrameWriter u8(int value) {
        room(1);
        bytes[length++] = (byte) value;
        return this;
    }

    FrameWriter u16(int value) {
        return u8(value >>> 8).u8(value);
    }

    FrameWriter u32(int value) {
        return u16(value >>> 16).u16(value);
    }

    FrameWriter u64(long value) {
        return u32((int) (value >>> 32)).u32((int) value);
    }

    /** Bytes of any kind, in the form of a string. */
    FrameWriter bytes(byte[] data) {
        u32(data.length);
        room(data.length + 1);
        System.arraycopy(data, 0, bytes, length, data.length);
        length += data.length;
        return u8(0);
    }

    /** Fails on a text with NUL in it, which no system call can take. */
    FrameWriter string(String text) throws IOException {
        if (text.indexOf(0) >= 0) {
            throw new IOException("text with a NUL character (expected: none): " + text);
        }
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        return bytes(encoded);
    }

    /** The finished frame. */
    byte[] frame(int id) throws IOException {
        int size = length;
        if (size - 4 > Frame.REQUEST_LIMIT) {
            throw new IOException(
                    "request of "
                            + size
                            + " bytes (expected: at most "
                            + Frame.REQUEST_LIMIT
                            + ")");
        }
        length = 0;
        u32(size - 4).u32(id);
        length = size;
        return Arrays.copyOf(bytes, size);
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
