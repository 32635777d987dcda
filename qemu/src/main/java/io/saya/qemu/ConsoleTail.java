package io.saya.qemu;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.ByteBuffer;

/**
 * The last bytes of the guest's console, fit to be shown. The guest is not trusted: whatever could
 * steer a terminal or break a log line apart is replaced. Thread safe.
 */
final class ConsoleTail {
    static final int CAPACITY = 16 * 1024;

    @GuardedBy("this")
    private final byte[] ring = new byte[CAPACITY];

    /**
     * Counts all bytes that were ever added; the next byte goes to this index modulo the capacity.
     */
    @GuardedBy("this")
    private long added;

    /** Takes all that remains in {@code bytes}. */
    synchronized void add(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            ring[(int) (added++ % CAPACITY)] = bytes.get();
        }
    }

    /** Printable ASCII, tabs and line feeds; carriage returns are left out, all else is '?'. */
    synchronized String text() {
        int length = (int) Math.min(added, CAPACITY);
        StringBuilder text = new StringBuilder(length);
        for (long i = added - length; i < added; i++) {
            char c = (char) (ring[(int) (i % CAPACITY)] & 0xff);
            if (c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f)) {
                text.append(c);
            } else if (c != '\r') {
                text.append('?');
            }
        }
        return text.toString();
    }
}
