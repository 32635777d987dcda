package io.saya.shim.log;

import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import java.nio.charset.StandardCharsets;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.layout.AbstractStringLayout;

/** A line as containerd and its own shims write it: {@code time="..." level=info msg="..." k=v}. */
final class LogrusLayout extends AbstractStringLayout {
    private final String sandbox;

    LogrusLayout(String sandbox) {
        super(StandardCharsets.US_ASCII);
        this.sandbox = sandbox;
    }

    @Override
    public String toSerializable(LogEvent event) {
        LogRecord line = ((LineMessage) event.getMessage()).line();
        StringBuilder out = new StringBuilder(256);
        UtcTime.append(out.append("time=\""), line.epochMillis());
        out.append("\" level=").append(name(line.level())).append(' ');
        LineText.appendMessageAndFields(out, line, sandbox);
        return out.append('\n').toString();
    }

    private static String name(LogLevel level) {
        return switch (level) {
            case DEBUG -> "debug";
            case INFO -> "info";
            case WARN -> "warning";
            case ERROR -> "error";
        };
    }
}
