package io.saya.cli.text;

import java.io.PrintWriter;
import java.io.Writer;

/**
 * What stands between every command and the caller's terminal: what is printed may come from a
 * guest or a log, and nothing of it may steer a terminal. Lines and tabs stay. Used by one thread.
 */
public final class CleanWriter extends Writer {
    private final PrintWriter to;

    private CleanWriter(PrintWriter to) {
        this.to = to;
    }

    /** The one way to print. */
    public static PrintWriter before(PrintWriter to) {
        return new PrintWriter(new CleanWriter(to));
    }

    @Override
    public void write(char[] text, int from, int length) {
        char[] clean = new char[length];
        for (int i = 0; i < length; i++) {
            char c = text[from + i];
            boolean stays = c == '\n' || c == '\t' || !Character.isISOControl(c);
            clean[i] = stays ? c : '?';
        }
        to.write(clean, 0, length);
    }

    @Override
    public void flush() {
        to.flush();
    }

    @Override
    public void close() {
        to.close();
    }
}
