package io.saya.monitor.text;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One sample, read strictly: a line that Prometheus would refuse makes it refuse the whole answer,
 * with those of all other sandboxes.
 *
 * @param labels by name, escaped as they stand there
 * @param seriesEnd offset behind name and labels
 */
record SampleLine(String name, Map<String, String> labels, double value, int seriesEnd) {
    private static final int MAX_LENGTH = 4096;
    private static final int MAX_LABELS = 32;

    /** The monitor's own, which it alone may set. */
    private static final Set<String> RESERVED =
            Set.of("sandbox_id", "cri_name", "cri_namespace", "cri_uid");

    /** The sample that stands from {@code start} to {@code end}, null if none does. */
    static @Nullable SampleLine parse(byte[] text, int start, int end) {
        return end - start > MAX_LENGTH || !isText(text, start, end)
                ? null
                : new Cursor(text, start, end).sample();
    }

    /** Offset of the first byte behind the name that stands at {@code start}. */
    static int nameEnd(byte[] text, int start, int end) {
        int at = start;
        while (at < end && isNameByte(text[at], at == start)) {
            at++;
        }
        return at;
    }

    private static boolean isNameByte(byte b, boolean first) {
        return (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || b == '_'
                || b == ':'
                || (!first && b >= '0' && b <= '9');
    }

    private static boolean isText(byte[] text, int start, int end) {
        boolean ascii = true;
        for (int i = start; i < end; i++) {
            if ((text[i] >= 0 && text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f) {
                return false;
            }
            ascii &= text[i] >= 0;
        }
        if (ascii) {
            return true;
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text, start, end - start));
            return true;
        } catch (CharacterCodingException _) {
            return false;
        }
    }

    /** The value of a word, null if it is no number of this format. */
    private static @Nullable Double number(String word) {
        return switch (word) {
            case "NaN" -> Double.NaN;
            case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> finite(word);
        };
    }

    private static @Nullable Double finite(String word) {
        for (int i = 0; i < word.length(); i++) {
            // Java reads more than Prometheus does: 1f, 0x1p3.
            if ("0123456789+-.eE".indexOf(word.charAt(i)) < 0) {
                return null;
            }
        }
        try {
            return Double.valueOf(word);
        } catch (NumberFormatException _) {
            return null;
        }
    }

    /** Where reading has come to. */
    private static final class Cursor {
        private final byte[] text;
        private final int end;
        private int at;

        Cursor(byte[] text, int start, int end) {
            this.text = text;
            this.end = end;
            this.at = start;
        }

        @Nullable SampleLine sample() {
            String name = name();
            if (name.isEmpty()) {
                return null;
            }
            Map<String, String> labels = Map.of();
            if (at < end && text[at] == '{') {
                at++;
                labels = labels();
                if (labels == null) {
                    return null;
                }
            } else if (at == end || !isBlank()) {
                return null;
            }
            int seriesEnd = at;
            blanks();
            Double value = number(word());
            blanks();
            String time = word();
            blanks();
            return value == null || at != end || !time.matches("-?[0-9]{0,19}")
                    ? null
                    : new SampleLine(name, labels, value, seriesEnd);
        }

        /** Behind the brace, up to the one that ends them; null if they are none. */
        private @Nullable Map<String, String> labels() {
            Map<String, String> labels = new LinkedHashMap<>();
            while (true) {
                blanks();
                if (at < end && text[at] == '}') {
                    at++;
                    return labels;
                }
                String label = name();
                blanks();
                if (label.isEmpty()
                        || label.indexOf(':') >= 0
                        || label.startsWith("__")
                        || RESERVED.contains(label)
                        || labels.size() == MAX_LABELS
                        || !take('=')) {
                    return null;
                }
                blanks();
                String value = quoted();
                if (value == null || labels.put(label, value) != null) {
                    return null;
                }
                blanks();
                if (!take(',') && (at == end || text[at] != '}')) {
                    return null;
                }
            }
        }

        private @Nullable String quoted() {
            if (!take('"')) {
                return null;
            }
            int from = at;
            while (at < end && text[at] != '"') {
                at += text[at] == '\\' ? 2 : 1;
            }
            if (at >= end) {
                return null;
            }
            at++;
            return new String(text, from, at - 1 - from, StandardCharsets.UTF_8);
        }

        private String name() {
            int from = at;
            at = nameEnd(text, at, end);
            return new String(text, from, at - from, StandardCharsets.US_ASCII);
        }

        private String word() {
            int from = at;
            while (at < end && !isBlank()) {
                at++;
            }
            return new String(text, from, at - from, StandardCharsets.ISO_8859_1);
        }

        private boolean take(char c) {
            boolean there = at < end && text[at] == c;
            at += there ? 1 : 0;
            return there;
        }

        private void blanks() {
            while (at < end && isBlank()) {
                at++;
            }
        }

        private boolean isBlank() {
            return text[at] == ' ' || text[at] == '\t';
        }
    }
}
