package io.saya.shim.log;

import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;

/**
 * log4j's event pipeline, put together by hand: one logger configuration with a filter and its
 * appenders. The logger context around it, with its plug-ins, look-ups and pattern converters,
 * costs each pod three times the memory and time of this part and would do nothing here (see
 * README.md). Used by one thread.
 */
final class LogPipeline implements AutoCloseable {
    private final LoggerConfig root;
    private final List<Appender> appenders;

    LogPipeline(List<Appender> appenders, LossCount repeats) {
        this.appenders = List.copyOf(appenders);
        // The level was decided before the line was made.
        root = new LoggerConfig("", Level.ALL, false);
        RepeatFilter filter = new RepeatFilter(repeats);
        filter.start();
        root.addFilter(filter);
        for (Appender appender : appenders) {
            appender.start();
            root.addAppender(appender, Level.ALL, null);
        }
        root.start();
    }

    /** Writes a line to all appenders. */
    void write(LogRecord line) {
        root.log(
                Log4jLogEvent.newBuilder()
                        .setLoggerName(line.component())
                        .setLevel(level(line.level()))
                        .setMessage(new LineMessage(line))
                        .setTimeMillis(line.epochMillis())
                        .build());
    }

    @Override
    public void close() {
        root.stop();
        for (Appender appender : appenders) {
            appender.stop();
        }
    }

    private static Level level(LogLevel level) {
        return switch (level) {
            case DEBUG -> Level.DEBUG;
            case INFO -> Level.INFO;
            case WARN -> Level.WARN;
            case ERROR -> Level.ERROR;
        };
    }
}
