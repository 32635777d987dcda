package io.saya.log;

import java.util.Arrays;
import java.util.Collections;
import org.jspecify.annotations.Nullable;

/** Stamps lines with a component's name and hands them to the process's router. */
record ComponentLog(String component) implements Log {

    @Override
    public boolean enabled(LogLevel level) {
        return LogRouter.enabled(level);
    }

    @Override
    public void log(LogLevel level, String message, @Nullable Object... fields) {
        if (LogRouter.enabled(level)) {
            LogRouter.route(
                    new LogRecord(
                            System.currentTimeMillis(),
                            level,
                            component,
                            message,
                            Collections.<@Nullable Object>unmodifiableList(
                                    Arrays.<@Nullable Object>asList(fields))));
        }
    }
}
