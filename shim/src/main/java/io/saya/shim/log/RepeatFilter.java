package io.saya.shim.log;

import io.saya.log.LogRecord;
import java.util.HashMap;
import java.util.Map;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.filter.AbstractFilter;

/**
 * Lets only so many lines of one kind through per window of time, and only so many in all: what a
 * guest can cause to be logged must not fill the host's disk. Lines are of one kind if component
 * and message are equal; what varies stands in fields. Used by one thread.
 */
final class RepeatFilter extends AbstractFilter {
    static final long WINDOW_MILLIS = 10_000;
    static final int LINES_OF_A_KIND = 50;
    static final int LINES_IN_ALL = 500;

    private final LossCount loss;
    private final Map<String, Integer> seen = new HashMap<>();
    private long windowStart;
    private int total;

    RepeatFilter(LossCount loss) {
        this.loss = loss;
    }

    @Override
    public Result filter(LogEvent event) {
        LogRecord line = ((LineMessage) event.getMessage()).line();
        if (line.component().equals(DaemonLog.COMPONENT)) {
            // What is told of losses must not be lost itself; it is limited where it is made.
            return Result.NEUTRAL;
        }
        // A clock that was set back also begins a new window.
        if (line.epochMillis() - windowStart >= WINDOW_MILLIS || line.epochMillis() < windowStart) {
            windowStart = line.epochMillis();
            seen.clear();
            total = 0;
        }
        int ofThisKind = seen.merge(line.component() + ' ' + line.message(), 1, Integer::sum);
        if (ofThisKind > LINES_OF_A_KIND || total >= LINES_IN_ALL) {
            loss.add(1);
            return Result.DENY;
        }
        total++;
        return Result.NEUTRAL;
    }
}
