package io.saya.shim.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.log.LogRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** The last lines of the log, for an operator on a host whose logs are elsewhere. Thread safe. */
public final class RecentLines {
    /**
     * Some 100 KiB, since lines are bounded before they come here; a sandbox's life without trouble
     * is some 20 lines.
     */
    static final int LIMIT = 256;

    @GuardedBy("this")
    private final ArrayDeque<LogRecord> lines = new ArrayDeque<>();

    /** Takes a line; the oldest one makes room for it. */
    synchronized void add(LogRecord line) {
        if (lines.size() == LIMIT) {
            lines.remove();
        }
        lines.add(line);
    }

    /** The lines that are kept, oldest first. */
    public synchronized List<LogRecord> all() {
        return new ArrayList<>(lines);
    }
}
