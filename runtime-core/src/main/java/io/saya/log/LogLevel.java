package io.saya.log;

/** Weight of a line, lightest first. */
public enum LogLevel {
    DEBUG,
    INFO,
    WARN,
    ERROR
}
