package io.saya.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads one JSON text by recursive descent. Used once. */
final class JsonReader {
    private final String text;
    private int at;

    JsonReader(String text) {
        this.text = text;
    }

    JsonValue read() {
        skipSpace();
        JsonValue value = readValue(0);
        skipSpace();
        if (at < text.length()) {
            throw unexpected("the end");
        }
        return value;
    }

    private JsonValue readValue(int depth) {
        if (depth > Json.MAX_DEPTH) {
            throw new JsonException(
                    "nested too deep at "
                            + place(at)
                            + " (expected: at most "
                            + Json.MAX_DEPTH
                            + " levels)");
        }
        if (at == text.length()) {
            throw unexpected("a value");
        }
        return switch (text.charAt(at)) {
            case '{' -> readObject(depth);
            case '[' -> readArray(depth);
            case '"' -> new JsonString(readString());
            case 't' -> readWord("true", new JsonBool(true));
            case 'f' -> readWord("false", new JsonBool(false));
            case 'n' -> readWord("null", JsonNull.NULL);
            default -> readNumber();
        };
    }

    private JsonObject readObject(int depth) {
        at++;
        Map<String, JsonValue> members = new LinkedHashMap<>();
        skipSpace();
        if (accept('}')) {
            return JsonObject.EMPTY;
        }
        do {
            skipSpace();
            int start = at;
            if (at == text.length() || text.charAt(at) != '"') {
                throw unexpected("the name of a member");
            }
            String name = readString();
            skipSpace();
            expect(':');
            skipSpace();
            JsonValue value = readValue(depth + 1);
            if (members.put(name, value) != null) {
                throw new JsonException(
                        "second member with the same name at "
                                + place(start)
                                + " (expected: different names)");
            }
            skipSpace();
        } while (accept(','));
        expect('}');
        return new JsonObject(members);
    }

    private JsonArray readArray(int depth) {
        at++;
        List<JsonValue> values = new ArrayList<>();
        skipSpace();
        if (accept(']')) {
            return JsonArray.EMPTY;
        }
        do {
            skipSpace();
            values.add(readValue(depth + 1));
            skipSpace();
        } while (accept(','));
        expect(']');
        return new JsonArray(values);
    }

    private JsonNumber readNumber() {
        int end = JsonNumber.end(text, at);
        if (end < 0) {
            throw unexpected("a value");
        }
        JsonNumber number = new JsonNumber(text.substring(at, end));
        at = end;
        return number;
    }

    private JsonValue readWord(String word, JsonValue value) {
        if (!text.startsWith(word, at)) {
            throw unexpected(word);
        }
        at += word.length();
        return value;
    }

    private String readString() {
        int start = ++at;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '"') {
                return text.substring(start, at++);
            }
            if (c == '\\' || Character.isSurrogate(c)) {
                return readString(new StringBuilder().append(text, start, at));
            }
            if (c < 0x20) {
                throw unexpected("no control character in a string");
            }
            at++;
        }
        throw unexpected("the end of a string");
    }

    /** The rest of a string that is not taken over character by character. */
    private String readString(StringBuilder out) {
        while (at < text.length()) {
            int start = at;
            char c = text.charAt(at++);
            if (c == '"') {
                return out.toString();
            }
            if (c < 0x20) {
                at = start;
                throw unexpected("no control character in a string");
            }
            if (c == '\\') {
                c = readEscape();
            }
            out.append(c);
            if (Character.isHighSurrogate(c)) {
                out.append(readLowSurrogate(start));
            } else if (Character.isLowSurrogate(c)) {
                throw unpaired(start);
            }
        }
        throw unexpected("the end of a string");
    }

    private char readLowSurrogate(int start) {
        if (at == text.length()) {
            throw unpaired(start);
        }
        char c = text.charAt(at++);
        if (c == '\\') {
            c = readEscape();
        }
        if (!Character.isLowSurrogate(c)) {
            throw unpaired(start);
        }
        return c;
    }

    private char readEscape() {
        if (at == text.length()) {
            throw unexpected("an escape sequence");
        }
        char c = text.charAt(at++);
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> readHex();
            default -> {
                at--;
                throw unexpected("an escape sequence");
            }
        };
    }

    private char readHex() {
        int value = 0;
        for (int i = 0; i < 4; i++, at++) {
            // Character.digit also takes digits of other scripts.
            int digit =
                    at < text.length() && text.charAt(at) < 0x80
                            ? Character.digit(text.charAt(at), 16)
                            : -1;
            if (digit < 0) {
                throw unexpected("four hexadecimal digits");
            }
            value = value << 4 | digit;
        }
        return (char) value;
    }

    private void skipSpace() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
                return;
            }
            at++;
        }
    }

    private boolean accept(char expected) {
        if (at == text.length() || text.charAt(at) != expected) {
            return false;
        }
        at++;
        return true;
    }

    private void expect(char expected) {
        if (!accept(expected)) {
            throw unexpected("'" + expected + "'");
        }
    }

    private JsonException unpaired(int start) {
        return new JsonException("unpaired surrogate at " + place(start) + " (expected: a pair)");
    }

    private JsonException unexpected(String expected) {
        String found;
        if (at >= text.length()) {
            found = "end of text";
        } else {
            char c = text.charAt(at);
            found = c > 0x20 && c < 0x7f ? "'" + c + "'" : "character " + (int) c;
        }
        return new JsonException(found + " at " + place(at) + " (expected: " + expected + ")");
    }

    private String place(int offset) {
        int line = 1;
        int lineStart = 0;
        for (int i = 0; i < offset; i++) {
            if (text.charAt(i) == '\n') {
                line++;
                lineStart = i + 1;
            }
        }
        return "line " + line + ", column " + (offset - lineStart + 1);
    }
}
