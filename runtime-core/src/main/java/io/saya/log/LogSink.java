package io.saya.log;

/** Takes lines to where they are read. */
@FunctionalInterface
public interface LogSink {

    /**
     * Takes one line. Called by any thread, by several at once, also by event loops: must neither
     * block nor throw.
     */
    void accept(LogRecord line);
}
