package io.saya.shim.log;

import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.filter.AbstractFilter;

/**
 * Lets only so many lines of one kind through per window of time, and only so many of one
 * component: what a guest can cause to be logged must not fill the host's disk, nor take the place
 * of what other components log. Lines are of one kind if component, message and being of level
 * debug are equal; what varies stands in fields. Of level debug, for which an operator has asked,
 * there is one for each request of a client: those are many, and meant to be complete. Used by one
 * thread.
 */
final class RepeatFilter extends AbstractFilter {
    static final Duration WINDOW = Duration.ofSeconds(10);
    static final int LINES_OF_A_KIND = 50;
    static final int LINES_OF_A_COMPONENT = 500;

    /** Factor by which level debug may write more. */
    static final int DEBUG_FACTOR = 20;

    private final LossCount loss;
    private final Map<String, Integer> seen = new HashMap<>();
    private long windowStart;

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
        if (line.epochMillis() - windowStart >= WINDOW.toMillis()
                || line.epochMillis() < windowStart) {
            windowStart = line.epochMillis();
            seen.clear();
        }
        boolean debug = line.level() == LogLevel.DEBUG;
        int factor = debug ? DEBUG_FACTOR : 1;
        String component = (debug ? "debug " : "") + line.component();
        if (count(component) > LINES_OF_A_COMPONENT * factor
                || count(component + ' ' + line.message()) > LINES_OF_A_KIND * factor) {
            loss.add(1);
            return Result.DENY;
        }
        return Result.NEUTRAL;
    }

    private int count(String kind) {
        return seen.merge(kind, 1, Integer::sum);
    }
}
