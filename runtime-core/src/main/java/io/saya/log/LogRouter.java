package io.saya.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the process's lines go. Until a sink is installed they wait here, so that the daemon can
 * log from its first instruction and load its logging library later.
 */
public final class LogRouter {
    /** Lines kept before a sink is there. The newest are dropped: the first ones name the cause. */
    static final int EARLY_LINES = 512;

    private static final Object LOCK = new Object();
    private static volatile LogLevel threshold = LogLevel.INFO;
    private static volatile @Nullable LogSink sink;

    @GuardedBy("LOCK")
    private static ArrayDeque<LogRecord> early = new ArrayDeque<>();

    @GuardedBy("LOCK")
    private static int earlyDropped;

    private LogRouter() {}

    /** Lines below this level are dropped before anything is allocated for them. */
    public static void threshold(LogLevel lowest) {
        threshold = lowest;
    }

    /** The lightest level that is kept. */
    public static LogLevel threshold() {
        return threshold;
    }

    /** Sends all lines to this sink from now on, those that waited first and in their order. */
    public static void install(LogSink newSink) {
        synchronized (LOCK) {
            for (LogRecord line : early) {
                newSink.accept(line);
            }
            if (earlyDropped > 0) {
                newSink.accept(droppedLine(earlyDropped));
            }
            early = new ArrayDeque<>();
            earlyDropped = 0;
            sink = newSink;
        }
    }

    /** Takes the sink away again; lines wait as at the start. For orderly ends and for tests. */
    public static void uninstall() {
        synchronized (LOCK) {
            sink = null;
        }
    }

    static boolean enabled(LogLevel level) {
        return level.compareTo(threshold) >= 0;
    }

    static void route(LogRecord line) {
        LogSink installed = sink;
        if (installed == null) {
            installed = keepUntilInstalled(line);
        }
        if (installed != null) {
            installed.accept(line);
        }
    }

    /** Keeps the line, unless a sink came in the meantime: that one is returned then. */
    private static @Nullable LogSink keepUntilInstalled(LogRecord line) {
        synchronized (LOCK) {
            LogSink installed = sink;
            if (installed == null) {
                if (early.size() < EARLY_LINES) {
                    early.add(line);
                } else {
                    earlyDropped++;
                }
            }
            return installed;
        }
    }

    private static LogRecord droppedLine(int count) {
        return new LogRecord(
                System.currentTimeMillis(),
                LogLevel.WARN,
                "log",
                "lines were dropped before the log was set up",
                List.of("dropped", count));
    }
}
