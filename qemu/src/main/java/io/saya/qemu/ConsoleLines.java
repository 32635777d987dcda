package io.saya.qemu;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.agent.AgentLogLine;
import io.saya.hypervisor.GuestConsole.Line;
import io.saya.log.Log;
import io.saya.log.LogLevel;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The console as lines with the times of their arrival, within a bound; and what the agent says
 * there, which goes on to the log. The guest is not trusted: a line is text, and has an end. Thread
 * safe.
 */
final class ConsoleLines {
    private static final Log LOG = Log.of(Log.GUEST);

    /** The beginning of a line of the default guest's agent, behind the time. */
    private static final String AGENT = "saya-agent ";

    /** Longer lines are broken. */
    private static final int LINE_LIMIT = 512;

    /** The most characters that all lines may have together, with what a line costs beside them. */
    private static final int TEXT_LIMIT = 16 * 1024;

    /** So that a guest's empty words are not more memory than its long ones. */
    private static final int LINE_COST = 16;

    /** That of the lines that tell nothing of consequence. */
    private final LogLevel usual;

    @GuardedBy("this")
    private final ArrayDeque<Line> lines = new ArrayDeque<>();

    @GuardedBy("this")
    private final StringBuilder current = new StringBuilder();

    @GuardedBy("this")
    private int length;

    /**
     * @param told whether each line is to be in the log, and not only in that of who follows a
     *     problem
     */
    ConsoleLines(boolean told) {
        usual = told ? LogLevel.INFO : LogLevel.DEBUG;
    }

    /** Takes all that remains in {@code bytes}. */
    synchronized void add(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            char c = (char) (bytes.get() & 0xff);
            if (c == '\n' || current.length() == LINE_LIMIT) {
                end();
            }
            if (c != '\n' && c != '\r') {
                current.append(c == '\t' || (c >= 0x20 && c < 0x7f) ? c : '?');
            }
        }
    }

    synchronized List<Line> all() {
        return new ArrayList<>(lines);
    }

    @GuardedBy("this")
    private void end() {
        if (current.isEmpty()) {
            return;
        }
        String text = current.toString();
        current.setLength(0);
        lines.add(new Line(System.currentTimeMillis(), text));
        length += LINE_COST + text.length();
        while (length > TEXT_LIMIT) {
            length -= LINE_COST + lines.remove().text().length();
        }
        tell(text);
    }

    /**
     * Gives an agent's line the level that the agent meant; a line of the kernel gets one that is
     * shown only to readers who follow a problem, and so does what Kata's agents tell of each step.
     */
    private void tell(String text) {
        int at = text.indexOf(AGENT);
        int colon = at < 0 ? -1 : text.indexOf(": ", at);
        if (colon < 0) {
            AgentLogLine.parse(text)
                    .filter(said -> said.level().compareTo(LogLevel.WARN) >= 0)
                    .ifPresentOrElse(
                            said ->
                                    LOG.log(
                                            said.level(),
                                            "the agent says",
                                            "text",
                                            said.text().toString()),
                            () -> LOG.log(usual, "console", "line", text));
            return;
        }
        LogLevel level = level(text.substring(at + AGENT.length(), colon));
        LOG.log(level, "the agent says", "text", text.substring(colon + 2));
    }

    private static LogLevel level(String name) {
        return switch (name) {
            case "error" -> LogLevel.ERROR;
            case "warning" -> LogLevel.WARN;
            case "info" -> LogLevel.INFO;
            default -> LogLevel.DEBUG;
        };
    }
}
