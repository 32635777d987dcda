package io.saya.cgroup.dbus;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Reads marshalled values, each aligned from the beginning of the bytes. Throws {@link IOException}
 * for what is none. Not thread safe.
 */
public final class DBusReader {
    private final ByteBuffer bytes;

    /**
     * @param bytes of which the first is at a boundary of 8, in their order
     */
    DBusReader(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /** {@code y}. */
    public int octet() throws IOException {
        try {
            return bytes.get() & 0xff;
        } catch (BufferUnderflowException e) {
            throw new IOException("a message of D-Bus ends too early", e);
        }
    }

    /** {@code u}. */
    public long uint32() throws IOException {
        align(Integer.BYTES);
        try {
            return Integer.toUnsignedLong(bytes.getInt());
        } catch (BufferUnderflowException e) {
            throw new IOException("a message of D-Bus ends too early", e);
        }
    }

    /** {@code s}, or {@code o}. */
    public String string() throws IOException {
        return text(uint32());
    }

    /** {@code g}. */
    public String signature() throws IOException {
        return text(octet());
    }

    /** Skips to a boundary. */
    void align(int boundary) throws IOException {
        while (bytes.position() % boundary != 0) {
            octet();
        }
    }

    int position() {
        return bytes.position();
    }

    private String text(long length) throws IOException {
        if (length >= bytes.remaining()) {
            throw new IOException("a text in a message of D-Bus is longer than the message");
        }
        byte[] text = new byte[(int) length];
        bytes.get(text);
        octet();
        return new String(text, StandardCharsets.UTF_8);
    }
}
