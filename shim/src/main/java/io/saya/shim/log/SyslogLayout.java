package io.saya.shim.log;

import io.saya.log.LogRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.layout.AbstractStringLayout;

/**
 * A message for {@code /dev/log} as the C library's syslog(3) sends it: {@code <30>Jan 2 03:04:05
 * saya[42]: msg="..."}, local time, no host name.
 */
final class SyslogLayout extends AbstractStringLayout {
    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

    private final String sandbox;
    private final ZoneId zone;
    private final long pid = ProcessHandle.current().pid();

    SyslogLayout(String sandbox, ZoneId zone) {
        super(StandardCharsets.US_ASCII);
        this.sandbox = sandbox;
        this.zone = zone;
    }

    @Override
    public String toSerializable(LogEvent event) {
        LogRecord line = ((LineMessage) event.getMessage()).line();
        StringBuilder out = new StringBuilder(256);
        out.append('<').append(SyslogPriority.of(line.level())).append('>');
        appendTime(out, LocalDateTime.ofInstant(Instant.ofEpochMilli(line.epochMillis()), zone));
        out.append(" saya[").append(pid).append("]: ");
        LineText.appendMessageAndFields(out, line, sandbox);
        return out.toString();
    }

    private static void appendTime(StringBuilder out, LocalDateTime time) {
        int month = 3 * (time.getMonthValue() - 1);
        out.append(MONTHS, month, month + 3).append(' ');
        appendTwo(out, time.getDayOfMonth(), ' ');
        appendTwo(out.append(' '), time.getHour(), '0');
        appendTwo(out.append(':'), time.getMinute(), '0');
        appendTwo(out.append(':'), time.getSecond(), '0');
    }

    private static void appendTwo(StringBuilder out, int number, char pad) {
        if (number < 10) {
            out.append(pad);
        }
        out.append(number);
    }
}
