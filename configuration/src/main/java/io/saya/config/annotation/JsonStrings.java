package io.saya.config.annotation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A JSON array of strings, the form of one annotation. */
final class JsonStrings {

    private final String text;
    private int at;

    private JsonStrings(String text) {
        this.text = text;
    }

    /** The strings, or null if the text is no JSON array of strings. */
    static @Nullable List<String> parse(String text) {
        return new JsonStrings(text).array();
    }

    private @Nullable List<String> array() {
        List<String> strings = new ArrayList<>();
        if (!take('[')) {
            return null;
        }
        if (!take(']')) {
            do {
                String string = string();
                if (string == null) {
                    return null;
                }
                strings.add(string);
            } while (take(','));
            if (!take(']')) {
                return null;
            }
        }
        skipBlanks();
        return at == text.length() ? strings : null;
    }

    private @Nullable String string() {
        if (!take('"')) {
            return null;
        }
        StringBuilder string = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '"') {
                return string.toString();
            }
            if (c == '\\') {
                int escaped = escape();
                if (escaped < 0) {
                    return null;
                }
                string.append((char) escaped);
            } else if (c < ' ') {
                return null;
            } else {
                string.append(c);
            }
        }
        return null;
    }

    /** The character after a backslash, or -1. */
    private int escape() {
        if (at == text.length()) {
            return -1;
        }
        char c = text.charAt(at++);
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> codeUnit();
            default -> -1;
        };
    }

    private int codeUnit() {
        if (at + 4 > text.length()) {
            return -1;
        }
        int unit = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(text.charAt(at++), 16);
            if (digit < 0) {
                return -1;
            }
            unit = unit * 16 + digit;
        }
        return unit;
    }

    private boolean take(char wanted) {
        skipBlanks();
        if (at < text.length() && text.charAt(at) == wanted) {
            at++;
            return true;
        }
        return false;
    }

    private void skipBlanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }
}
