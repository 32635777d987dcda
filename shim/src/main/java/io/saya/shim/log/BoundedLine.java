package io.saya.shim.log;

import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lines as they may wait and be kept: without the objects that were logged, which may hold on to
 * megabytes of what a guest has sent. What is cut here would not have been printed.
 */
final class BoundedLine {

    private BoundedLine() {}

    /** The line with text in the place of everything that has no fixed size. */
    static LogRecord of(LogRecord line) {
        List<@Nullable Object> fields = new ArrayList<>(line.fields().size());
        for (int i = 0; i < line.fields().size(); i++) {
            Object field = line.fields().get(i);
            fields.add(bounded(field));
            if (i % 2 == 1
                    && field instanceof Throwable failure
                    && line.level() == LogLevel.ERROR) {
                fields.add("stack");
                fields.add(LineText.stack(failure));
            }
        }
        return new LogRecord(
                line.epochMillis(),
                line.level(),
                line.component(),
                LineText.cut(line.message()),
                fields);
    }

    private static @Nullable Object bounded(@Nullable Object field) {
        // No pattern switch: lines are logged before the VM is started.
        boolean fixed = field == null || field instanceof Number || field instanceof Boolean;
        return fixed ? field : LineText.cut(LineText.text(field));
    }
}
