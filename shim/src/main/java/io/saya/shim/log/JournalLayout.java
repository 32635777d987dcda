package io.saya.shim.log;

import io.saya.log.LogRecord;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.layout.AbstractStringLayout;

/**
 * One datagram of the journal's native protocol: a field a line, {@code NAME=value}. Values hold no
 * newline, since everything but printable ASCII is escaped. What an operator filters by gets fields
 * of its own.
 */
final class JournalLayout extends AbstractStringLayout {
    private static final String[] INDEXED = {"container", "exec", "phase"};

    private final String sandbox;

    JournalLayout(String sandbox) {
        super(StandardCharsets.US_ASCII);
        this.sandbox = sandbox;
    }

    @Override
    public String toSerializable(LogEvent event) {
        LogRecord line = ((LineMessage) event.getMessage()).line();
        StringBuilder out = new StringBuilder(512);
        out.append("SYSLOG_IDENTIFIER=saya\nSYSLOG_FACILITY=")
                .append(SyslogPriority.DAEMON)
                .append("\nPRIORITY=")
                .append(SyslogPriority.severity(line.level()))
                .append("\nSAYA_COMPONENT=")
                .append(line.component())
                .append("\nSAYA_SANDBOX=")
                .append(sandbox)
                .append('\n');
        for (String key : INDEXED) {
            String value = LineText.field(line, key);
            if (value != null) {
                out.append("SAYA_").append(key.toUpperCase(Locale.ROOT));
                // Written as a message's field is, quoted only where it has to be.
                LineText.appendValue(out.append('='), value);
                out.append('\n');
            }
        }
        out.append("MESSAGE=");
        LineText.appendMessageAndFields(out, line, sandbox);
        return out.append('\n').toString();
    }
}
