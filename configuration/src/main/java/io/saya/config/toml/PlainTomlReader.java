package io.saya.config.toml;

import io.saya.config.Position;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the plain part of TOML, which is all that configuration files usually hold: comments,
 * {@code [table.headers]}, bare keys, booleans, decimal numbers, strings without escapes, and
 * arrays of these.
 *
 * <p>It exists for the start of a sandbox: the full parser costs 30 to 45 ms before QEMU can be
 * spawned, even from an AOT cache, this one about one. It never judges: whatever is not plain,
 * wrong text included, it leaves to {@link TomljReader}. What it does read, it reads exactly as the
 * full parser would; a test compares the two on mutated files.
 */
final class PlainTomlReader {

    /** The most digits that the largest integer has; the full parser judges longer numbers. */
    private static final int MAX_NUMBER = 19;

    /** Stands behind the text, so that looking ahead needs no bound; no plain text holds it. */
    private static final char END = '\0';

    /** An array, as this runs interpreted: each call of charAt would be felt. */
    private final char[] text;

    private final List<TomlDocument.Table> tables = new ArrayList<>();
    private final List<TomlEntry> entries = new ArrayList<>();

    /** Dotted names of keys, and of tables with a header, and of tables implied by those. */
    private final Set<String> keys = new HashSet<>();

    private final Set<String> headed = new HashSet<>();
    private final Set<String> implied = new HashSet<>();

    private List<String> table = List.of();
    private String tableName = "";
    private int at;
    private int line = 1;
    private int lineStart;

    private PlainTomlReader(String text) {
        this.text = new char[text.length() + 1]; // The last one is END.
        text.getChars(0, text.length(), this.text, 0);
    }

    /** The document, or null if the text is not plain. */
    static @Nullable TomlDocument read(String text) {
        PlainTomlReader reader = new PlainTomlReader(text);
        return reader.readLines()
                ? new TomlDocument(reader.ownTables(), reader.entries, List.of())
                : null;
    }

    /** Without those that hold nothing but other tables: the full parser cannot tell them. */
    private List<TomlDocument.Table> ownTables() {
        Set<List<String>> holders = new HashSet<>();
        for (TomlEntry entry : entries) {
            holders.add(entry.table());
        }
        List<TomlDocument.Table> own = new ArrayList<>();
        for (TomlDocument.Table candidate : tables) {
            if (holders.contains(candidate.name())
                    || !implied.contains(String.join(".", candidate.name()))) {
                own.add(candidate);
            }
        }
        return own;
    }

    private boolean readLines() {
        while (at < text.length - 1) {
            skipBlanks();
            boolean plain =
                    switch (peek()) {
                        case '\n', '\r', '#', END -> true;
                        case '[' -> header();
                        default -> entry();
                    };
            if (!plain || !restOfLine()) {
                return false;
            }
        }
        return true;
    }

    private boolean header() {
        Position position = position();
        at++;
        List<String> name = new ArrayList<>();
        StringBuilder dotted = new StringBuilder();
        while (true) {
            String part = bareKey();
            if (part == null) {
                return false;
            }
            name.add(part);
            dotted.append(dotted.isEmpty() ? "" : ".").append(part);
            if (keys.contains(dotted.toString())) {
                return false;
            }
            if (peek() != '.') {
                break;
            }
            implied.add(dotted.toString());
            at++;
        }
        tableName = dotted.toString();
        if (peek() != ']' || !headed.add(tableName)) {
            return false;
        }
        at++;
        table = List.copyOf(name);
        tables.add(new TomlDocument.Table(table, position));
        return true;
    }

    private boolean entry() {
        Position position = position();
        String key = bareKey();
        if (key == null) {
            return false;
        }
        String full = tableName.isEmpty() ? key : tableName + "." + key;
        if (headed.contains(full) || implied.contains(full) || !keys.add(full)) {
            return false;
        }
        skipBlanks();
        if (peek() != '=') {
            return false;
        }
        at++;
        skipBlanks();
        Object value = peek() == '[' ? array() : scalar();
        if (value == null) {
            return false;
        }
        entries.add(new TomlEntry(table, key, value, position));
        return true;
    }

    private @Nullable Object array() {
        at++;
        List<Object> values = new ArrayList<>();
        while (true) {
            if (!skipLines()) {
                return null;
            }
            if (peek() == ']') {
                at++;
                return List.copyOf(values);
            }
            Object value = scalar();
            if (value == null || !skipLines()) {
                return null;
            }
            values.add(value);
            if (peek() == ',') {
                at++;
            } else if (peek() != ']') {
                return null;
            }
        }
    }

    private @Nullable Object scalar() {
        char first = peek();
        if (first == '"' || first == '\'') {
            return string(first);
        }
        int start = at;
        while (isBare(peek()) || peek() == '.') {
            at++;
        }
        String word = new String(text, start, at - start);
        return switch (word) {
            case "true" -> true;
            case "false" -> false;
            default -> number(word);
        };
    }

    private @Nullable String string(char quote) {
        int start = at + 1;
        int end = start;
        while (text[end] != quote) {
            char c = text[end];
            if (c < ' ' || c == 0x7f || c == '\\' || Character.isSurrogate(c)) {
                return null; // Also the end of the line: the string is open.
            }
            end++;
        }
        if (end == start && text[end + 1] == quote) {
            return null; // The start of a multi-line string.
        }
        at = end + 1;
        return new String(text, start, end - start);
    }

    private static @Nullable Object number(String word) {
        int digits = word.startsWith("-") ? 1 : 0;
        int point = word.indexOf('.');
        int end = point < 0 ? word.length() : point;
        if (word.length() > MAX_NUMBER
                || !isDigits(word, digits, end)
                || (word.charAt(digits) == '0' && end > digits + 1)) {
            return null;
        }
        if (point < 0) {
            try {
                return Long.valueOf(word);
            } catch (NumberFormatException e) {
                return null; // Beyond 64 bits.
            }
        }
        return isDigits(word, point + 1, word.length()) ? Double.valueOf(word) : null;
    }

    private static boolean isDigits(String word, int start, int end) {
        for (int i = start; i < end; i++) {
            if (word.charAt(i) < '0' || word.charAt(i) > '9') {
                return false;
            }
        }
        return end > start;
    }

    private @Nullable String bareKey() {
        int start = at;
        while (isBare(peek())) {
            at++;
        }
        return at == start ? null : new String(text, start, at - start);
    }

    private static boolean isBare(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '_'
                || c == '-';
    }

    /** Blanks, line ends and comments, as they may stand inside an array. */
    private boolean skipLines() {
        while (true) {
            skipBlanks();
            char c = peek();
            if (c != '\n' && c != '\r' && c != '#') {
                return true;
            }
            if (!restOfLine()) {
                return false;
            }
        }
    }

    /** Blanks, a comment, a line end: nothing else may follow on the line. */
    private boolean restOfLine() {
        skipBlanks();
        if (text[at] == '#' && !comment()) {
            return false;
        }
        if (text[at] == '\r' && text[at + 1] == '\n') {
            at++;
        }
        if (text[at] == '\n') {
            at++;
            line++;
            lineStart = at;
            return true;
        }
        return at == text.length - 1;
    }

    /** Most of a file is comments: this loop is the one that counts. */
    private boolean comment() {
        char[] chars = text;
        int i = at;
        char c = chars[i];
        while (c >= ' ' || c == '\t') {
            if (c == 0x7f) {
                return false;
            }
            c = chars[++i];
        }
        at = i;
        return true;
    }

    private void skipBlanks() {
        while (text[at] == ' ' || text[at] == '\t') {
            at++;
        }
    }

    private Position position() {
        return new Position(line, at - lineStart + 1);
    }

    private char peek() {
        return text[at];
    }
}
