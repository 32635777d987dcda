package io.saya.shim.metrics;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One sample of a guest's, read character by character: name, labels, value. A time behind the
 * value is read and forgotten: a guest does not date what the host tells.
 */
final class GuestLine {
    /** A line that an honest agent writes has some 80 characters. */
    static final int LENGTH = 1024;

    private static final int NAME_LENGTH = 96;
    private static final int VALUE_LENGTH = 256;
    private static final int LABELS = 8;
    private static final int NUMBER_LENGTH = 32;

    /**
     * Labels of agents and of the text format. Any other could pass for one that the node's monitor
     * or Prometheus gives, as {@code sandbox_id}.
     */
    private static final Set<String> LABEL_NAMES =
            Set.of(
                    "item",
                    "cpu",
                    "interface",
                    "disk",
                    "mount",
                    "device",
                    "resource",
                    "kind",
                    "le",
                    "quantile");

    private final String line;
    private int at;

    private GuestLine(String line) {
        this.line = line;
    }

    /**
     * A sample.
     *
     * @param labels as they are written between braces, escaped anew; empty if there are none
     */
    record Sample(String name, String labels, String value) {}

    /** What a line is: a sample, or a reason against it. */
    record Read(@Nullable Sample sample, @Nullable DropReason problem) {
        static Read problem(DropReason reason) {
            return new Read(null, reason);
        }
    }

    /** Reads a line that is no comment. */
    static Read of(String line) {
        return line.length() > LENGTH
                ? Read.problem(DropReason.TOO_LONG)
                : new GuestLine(line).read();
    }

    private Read read() {
        String name = word(NAME_LENGTH);
        if (name.isEmpty()) {
            return Read.problem(DropReason.MALFORMED);
        }
        if (!GuestText.known(name)) {
            return Read.problem(DropReason.FOREIGN_NAME);
        }
        StringBuilder labels = new StringBuilder();
        if (next('{')) {
            DropReason problem = readLabels(labels);
            if (problem != null) {
                return Read.problem(problem);
            }
        }
        String value = number();
        return value.isEmpty()
                ? Read.problem(DropReason.MALFORMED)
                : new Read(new Sample(name, labels.toString(), value), null);
    }

    private @Nullable DropReason readLabels(StringBuilder labels) {
        for (int count = 0; !next('}'); count++) {
            if (count == LABELS) {
                return DropReason.TOO_MANY;
            }
            if (count > 0 && !next(',')) {
                return DropReason.MALFORMED;
            }
            if (next('}')) {
                return null;
            }
            String label = word(NAME_LENGTH);
            String value = next('=') ? quoted() : null;
            if (label.isEmpty() || value == null) {
                return DropReason.MALFORMED;
            }
            if (!LABEL_NAMES.contains(label)) {
                return DropReason.FOREIGN_NAME;
            }
            if (value.length() > VALUE_LENGTH) {
                return DropReason.TOO_LONG;
            }
            String before = labels.isEmpty() ? "" : ",";
            if ((',' + labels.toString()).contains(',' + label + "=\"")) {
                return DropReason.DUPLICATE;
            }
            labels.append(before).append(label).append("=\"");
            Exposition.appendEscaped(labels, value);
            labels.append('"');
        }
        return null;
    }

    private String word(int most) {
        skipBlanks();
        int from = at;
        while (at < line.length() && isNameCharacter(line.charAt(at), at > from)) {
            at++;
        }
        return at - from > most ? "" : line.substring(from, at);
    }

    private static boolean isNameCharacter(char c, boolean inside) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || c == '_'
                || (inside && c >= '0' && c <= '9');
    }

    private boolean next(char wanted) {
        skipBlanks();
        if (at < line.length() && line.charAt(at) == wanted) {
            at++;
            return true;
        }
        return false;
    }

    private @Nullable String quoted() {
        if (!next('"')) {
            return null;
        }
        StringBuilder text = new StringBuilder();
        while (at < line.length()) {
            char c = line.charAt(at++);
            if (c == '"') {
                return text.toString();
            }
            if (c == '\\' && at < line.length()) {
                char escaped = line.charAt(at++);
                text.append(escaped == 'n' ? '\n' : escaped);
            } else {
                text.append(c);
            }
        }
        return null;
    }

    /** A value that both formats take; empty if there is none. */
    private String number() {
        String word = untilBlank();
        var _ = untilBlank(); // the time
        if (at < line.length() || word.isEmpty() || word.length() > NUMBER_LENGTH) {
            return "";
        }
        return switch (word) {
            case "NaN", "+Inf", "-Inf" -> word;
            case "Inf" -> "+Inf";
            default -> isDecimal(word) ? word : "";
        };
    }

    /**
     * An optional sign, digits with at most one point among them, and an exponent where there is
     * one. Java's own reader takes hexadecimal numbers and suffixes as well.
     */
    private static boolean isDecimal(String word) {
        int exponent = Math.max(word.indexOf('e'), word.indexOf('E'));
        if (exponent < 0) {
            return isSigned(word, true);
        }
        return isSigned(word.substring(0, exponent), true)
                && isSigned(word.substring(exponent + 1), false);
    }

    /** A sign, if there is one, and at least a digit. */
    private static boolean isSigned(String word, boolean fraction) {
        boolean digit = false;
        boolean point = !fraction;
        int from = word.startsWith("+") || word.startsWith("-") ? 1 : 0;
        for (int i = from; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c >= '0' && c <= '9') {
                digit = true;
            } else if (c == '.' && !point) {
                point = true;
            } else {
                return false;
            }
        }
        return digit;
    }

    private String untilBlank() {
        skipBlanks();
        int from = at;
        while (at < line.length() && line.charAt(at) != ' ' && line.charAt(at) != '\t') {
            at++;
        }
        String word = line.substring(from, at);
        skipBlanks();
        return word;
    }

    private void skipBlanks() {
        while (at < line.length() && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) {
            at++;
        }
    }
}
