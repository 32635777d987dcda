package io.saya.cgroup.dbus;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Marshals values, little endian, each aligned from the beginning of what is written. Not thread
 * safe.
 */
public final class DBusWriter {
    private static final int STRUCT = 8;

    private byte[] bytes = new byte[512];
    private int size;

    /** Writes the elements of an array. */
    @FunctionalInterface
    public interface Elements {
        void writeTo(DBusWriter writer);
    }

    /** {@code y}. */
    public DBusWriter octet(int value) {
        if (size == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * size);
        }
        bytes[size] = (byte) value;
        size++;
        return this;
    }

    /** {@code u}. */
    public DBusWriter uint32(long value) {
        align(Integer.BYTES);
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            octet((int) (value >>> shift));
        }
        return this;
    }

    /** {@code b}. */
    public DBusWriter bool(boolean value) {
        return uint32(value ? 1 : 0);
    }

    /** {@code s}, or {@code o}. */
    public DBusWriter string(String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        uint32(text.length);
        return text(text);
    }

    /** {@code g}. */
    public DBusWriter signature(String value) {
        byte[] text = value.getBytes(StandardCharsets.US_ASCII);
        octet(text.length);
        return text(text);
    }

    /** Begins a struct, or an entry of a dictionary. */
    public DBusWriter struct() {
        align(STRUCT);
        return this;
    }

    /**
     * An array.
     *
     * @param boundary of an element: 1, 4 or 8
     */
    public DBusWriter array(int boundary, Elements elements) {
        uint32(0);
        int length = size - Integer.BYTES;
        align(boundary);
        int first = size;
        elements.writeTo(this);
        int end = size;
        size = length;
        uint32(end - first);
        size = end;
        return this;
    }

    private DBusWriter text(byte[] text) {
        for (byte each : text) {
            octet(each);
        }
        return octet(0);
    }

    private void align(int boundary) {
        while (size % boundary != 0) {
            octet(0);
        }
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }
}
