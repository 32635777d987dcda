package io.saya.log;

import org.jspecify.annotations.Nullable;

/**
 * Logs for one component. Never blocks, never throws, formats nothing: that is the sink's work.
 *
 * <p>Fields are alternating keys and values: {@code log.info("container created", "container", id,
 * "pid", pid)}. Keys are {@code snake_case} words; {@code container}, {@code exec} and {@code
 * phase} have their fixed meaning, {@code sandbox} is added by the sink. A failure goes under the
 * key {@code error} as the {@link Throwable} itself. Values from the guest may be logged: sinks
 * quote them.
 *
 * <p>Levels tell what the reader should do: error, something of ours broke and somebody should
 * look; warn, it went on but not as wanted; info, one line per act of a life cycle; debug, for
 * following a problem.
 */
public interface Log {

    /** The component of what a guest itself says, which is bounded apart from all else. */
    String GUEST = "agent";

    /** The log of a component, e.g. {@code sandbox}. Cheap; meant for a static field. */
    static Log of(String component) {
        return new ComponentLog(component);
    }

    /** True if lines of this level are kept at all; for fields that are costly to compute. */
    boolean enabled(LogLevel level);

    void log(LogLevel level, String message, @Nullable Object... fields);

    default void debug(String message, @Nullable Object... fields) {
        log(LogLevel.DEBUG, message, fields);
    }

    default void info(String message, @Nullable Object... fields) {
        log(LogLevel.INFO, message, fields);
    }

    default void warn(String message, @Nullable Object... fields) {
        log(LogLevel.WARN, message, fields);
    }

    default void error(String message, @Nullable Object... fields) {
        log(LogLevel.ERROR, message, fields);
    }
}
