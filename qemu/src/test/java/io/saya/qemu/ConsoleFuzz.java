package io.saya.qemu;

import io.saya.hypervisor.GuestConsole.Line;
import java.nio.ByteBuffer;

/** What a guest writes to its console: nothing of it may steer a terminal or break a log apart. */
public final class ConsoleFuzz {
    private static final int MOST = 16 * 1024;

    private ConsoleFuzz() {}

    /** Takes all as the console's output. */
    public static void fuzzerTestOneInput(byte[] input) {
        ConsoleLines lines = new ConsoleLines(false);
        ConsoleTail tail = new ConsoleTail();
        lines.add(ByteBuffer.wrap(input));
        tail.add(ByteBuffer.wrap(input));
        plain(tail.text(), true);
        int length = 0;
        for (Line line : lines.all()) {
            plain(line.text(), false);
            length += line.text().length();
        }
        if (length > MOST) {
            throw new AssertionError(length + " characters are kept");
        }
    }

    private static void plain(String text, boolean several) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x7f || (c < ' ' && c != '\t' && !(several && c == '\n'))) {
                throw new AssertionError("character " + (int) c);
            }
        }
    }
}
