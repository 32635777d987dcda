package io.saya.shim.log;

import io.saya.lifecycle.Pace;
import io.saya.log.Log;
import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * How much others may have the daemon write in the long run, asked before a line takes a place in
 * the queue: a guest's own words, and each kind of warning and error, since a guest can provoke
 * some of them as often as it likes. A day's lines are bounded so, and neither takes the place of
 * another. Lines of level info tell of acts of clients, which are not limited here. Thread safe.
 */
final class LineAllowance {
    /** Lines of a guest in one go; a start with trouble has a few dozen. */
    static final int GUEST_BURST = 500;

    /** Lines of a guest in a day beside those: some 10 MB if each is as long as it may be. */
    static final int GUEST_LINES_A_DAY = 17_280;

    /** Warnings of one kind in one go, and in a day beside those. */
    static final int WARNING_BURST = 200;

    static final int WARNINGS_A_DAY = 1_440;

    /** Of a guest's console with level debug, which an operator follows. */
    private static final int DEBUG_BURST = 2000;

    private static final double DEBUG_LINES_A_SECOND = 100;

    private static final double SECONDS_A_DAY = 86_400;

    /** Kinds that are told apart; those that come later share one. The program has fewer. */
    private static final int KINDS = 512;

    private final LongSupplier clock;
    private final Pace guest;
    private final Pace console;
    private final Map<String, Pace> warnings = new ConcurrentHashMap<>();

    LineAllowance() {
        this(System::nanoTime);
    }

    /**
     * @param clock as {@link System#nanoTime}
     */
    LineAllowance(LongSupplier clock) {
        this.clock = clock;
        this.guest = new Pace(GUEST_BURST, GUEST_LINES_A_DAY / SECONDS_A_DAY, clock);
        this.console = new Pace(DEBUG_BURST, DEBUG_LINES_A_SECOND, clock);
    }

    /** True if the line may be written; it is counted then. */
    boolean admits(LogRecord line) {
        boolean debug = line.level() == LogLevel.DEBUG;
        if (line.component().equals(Log.GUEST)) {
            return (debug ? console : guest).allows(1);
        }
        return line.level().compareTo(LogLevel.WARN) < 0
                || line.component().equals(DaemonLog.COMPONENT)
                || warning(line.component() + ' ' + line.message()).allows(1);
    }

    private Pace warning(String kind) {
        Pace known = warnings.get(kind);
        if (known != null) {
            return known;
        }
        return warnings.computeIfAbsent(
                warnings.size() < KINDS ? kind : "",
                _ -> new Pace(WARNING_BURST, WARNINGS_A_DAY / SECONDS_A_DAY, clock));
    }
}
