package io.saya.shim.log;

import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lines as text, in logrus' text format, which readers of containerd's log parse: {@code msg="VM
 * started" component=sandbox pid=42}. Values may come from the guest: whatever is not plain
 * printable ASCII is quoted and escaped, and everything is bounded in size.
 */
public final class LineText {
    /** Characters of one value that are kept; a longer one ends in {@code ...}. */
    static final int VALUE_LIMIT = 1024;

    /**
     * Characters of a line that are kept. With the time and the newline a line stays below 4096
     * bytes, which is what a pipe takes in one piece (pipe(7), PIPE_BUF).
     */
    static final int LINE_LIMIT = 3900;

    private static final int STACK_FRAMES = 12;
    private static final int CAUSES = 6;
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private LineText() {}

    /**
     * Appends message, component, sandbox and the line's own fields.
     *
     * @param sandbox empty: the line belongs to none
     */
    public static void appendMessageAndFields(StringBuilder out, LogRecord line, String sandbox) {
        int start = out.length();
        out.append("msg=");
        appendQuoted(out, line.message());
        appendField(out, "component", line.component());
        if (!sandbox.isEmpty()) {
            appendField(out, "sandbox", sandbox);
        }
        List<@Nullable Object> fields = line.fields();
        for (int i = 0; i < fields.size(); i += 2) {
            Object value = i + 1 < fields.size() ? fields.get(i + 1) : null;
            appendField(out, String.valueOf(fields.get(i)), text(value));
            if (value instanceof Throwable failure && line.level() == LogLevel.ERROR) {
                appendField(out, "stack", stack(failure));
            }
        }
        if (out.length() - start > LINE_LIMIT) {
            out.setLength(start + LINE_LIMIT);
            out.append("...\"");
        }
    }

    /** Appends {@code key=value}, quoted where logrus quotes. */
    static void appendField(StringBuilder out, String key, String value) {
        out.append(' ');
        appendKey(out, key);
        appendValue(out.append('='), value);
    }

    /** Appends a value, quoted where logrus quotes. */
    static void appendValue(StringBuilder out, String value) {
        if (needsQuotes(value)) {
            appendQuoted(out, value);
        } else {
            out.append(value);
        }
    }

    /** The value of a field of this line as text, null if it has no such field. */
    static @Nullable String field(LogRecord line, String key) {
        List<@Nullable Object> fields = line.fields();
        for (int i = 0; i + 1 < fields.size(); i += 2) {
            if (key.equals(fields.get(i))) {
                return text(fields.get(i + 1));
            }
        }
        return null;
    }

    private static void appendKey(StringBuilder out, String key) {
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            out.append(isPlain(c) ? c : '_');
        }
    }

    /** A field's value as text, not escaped; of a failure its messages and those of its causes. */
    public static String text(@Nullable Object value) {
        if (value instanceof Throwable failure) {
            return describe(failure);
        }
        return String.valueOf(value);
    }

    /**
     * The failure and its causes, outermost first, in one line. A cause whose words the one before
     * has taken over already says nothing new.
     */
    private static String describe(Throwable failure) {
        StringBuilder out = new StringBuilder();
        String said = "";
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < CAUSES; depth++) {
            String message = cut(String.valueOf(cause.getMessage()));
            if (depth == 0 || !said.contains(message)) {
                out.append(depth == 0 ? "" : ": ").append(cause.getClass().getSimpleName());
                if (cause.getMessage() != null) {
                    out.append(": ").append(message);
                }
                said = message;
            }
            cause = cause.getCause();
        }
        return out.toString();
    }

    /** The value, or as much of it as is ever printed. */
    static String cut(String value) {
        return value.length() <= VALUE_LIMIT ? value : value.substring(0, VALUE_LIMIT) + "...";
    }

    /** Writes where a failure was thrown, innermost call first. */
    static String stack(Throwable failure) {
        StringBuilder out = new StringBuilder();
        StackTraceElement[] frames = failure.getStackTrace();
        for (int i = 0; i < Math.min(STACK_FRAMES, frames.length); i++) {
            if (i > 0) {
                out.append(" < ");
            }
            out.append(
                            frames[i].getClassName(),
                            frames[i].getClassName().lastIndexOf('.') + 1,
                            frames[i].getClassName().length())
                    .append('.')
                    .append(frames[i].getMethodName())
                    .append(':')
                    .append(frames[i].getLineNumber());
        }
        return out.toString();
    }

    private static boolean needsQuotes(String value) {
        if (value.isEmpty() || value.length() > VALUE_LIMIT) {
            return true;
        }
        for (int i = 0; i < value.length(); i++) {
            if (!isPlain(value.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    /** True for a character that logrus leaves unquoted. */
    private static boolean isPlain(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || "-._/@^+:,".indexOf(c) >= 0;
    }

    private static void appendQuoted(StringBuilder out, String value) {
        out.append('"');
        int length = Math.min(value.length(), VALUE_LIMIT);
        for (int i = 0; i < length; i++) {
            appendEscaped(out, value.charAt(i));
        }
        if (length < value.length()) {
            out.append("...");
        }
        out.append('"');
    }

    private static void appendEscaped(StringBuilder out, char c) {
        switch (c) {
            case '"' -> out.append("\\\"");
            case '\\' -> out.append("\\\\");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                if (c >= 0x20 && c < 0x7f) {
                    out.append(c);
                } else {
                    out.append("\\u");
                    for (int shift = 12; shift >= 0; shift -= 4) {
                        out.append(HEX[(c >> shift) & 0xf]);
                    }
                }
            }
        }
    }
}
