package io.saya.shim.log;

import io.saya.log.LogRecord;
import org.apache.logging.log4j.message.Message;
import org.jspecify.annotations.Nullable;

/** Carries one of our lines through log4j; the layouts make text of it. */
final class LineMessage implements Message {
    private static final long serialVersionUID = 1L;

    private final transient LogRecord line;

    LineMessage(LogRecord line) {
        this.line = line;
    }

    LogRecord line() {
        return line;
    }

    @Override
    public String getFormattedMessage() {
        return line.message();
    }

    @Override
    public Object[] getParameters() {
        return line.fields().toArray();
    }

    @Override
    public @Nullable Throwable getThrowable() {
        return null;
    }
}
