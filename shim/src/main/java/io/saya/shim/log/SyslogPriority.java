package io.saya.shim.log;

import io.saya.log.LogLevel;

/** Numbers of RFC 3164, section 4.1.1. */
final class SyslogPriority {
    /** The facility of system daemons. */
    static final int DAEMON = 3;

    private SyslogPriority() {}

    static int severity(LogLevel level) {
        return switch (level) {
            case DEBUG -> 7;
            case INFO -> 6;
            case WARN -> 4;
            case ERROR -> 3;
        };
    }

    /** The number in angle brackets that begins a message. */
    static int of(LogLevel level) {
        return DAEMON * 8 + severity(level);
    }
}
