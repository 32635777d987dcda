package io.saya.log;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line, not yet text.
 *
 * @param epochMillis when it was logged
 * @param component which part of the daemon said it
 * @param fields alternating keys and values; a missing last value reads as null
 */
public record LogRecord(
        long epochMillis,
        LogLevel level,
        String component,
        String message,
        List<@Nullable Object> fields) {}
