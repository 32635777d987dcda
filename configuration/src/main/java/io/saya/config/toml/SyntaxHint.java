package io.saya.config.toml;

import io.saya.config.Position;

/** Guesses what was meant by a line that is no TOML: a parser's own words help few operators. */
final class SyntaxHint {

    /** More of a line does not help. */
    private static final int MAX_SHOWN = 80;

    private SyntaxHint() {}

    /**
     * Returns what an operator should read: the guess, then what the parser says.
     *
     * @param said by the parser
     * @param text the whole file
     * @param position where the parser stopped
     */
    static String explain(String said, String text, Position position) {
        String hint = "";
        if (said.contains("previously defined")) {
            hint = "it is there twice; remove one of the two";
        } else if (said.contains("a comma, or a newline")) {
            hint = "the array before it is not closed by ]";
        } else if (said.startsWith("Unexpected") || said.startsWith("Invalid escape")) {
            hint = hint(line(text, position.line()).strip());
        }
        return hint.isEmpty() ? said : hint + " (" + said + ")";
    }

    private static String hint(String line) {
        if (line.startsWith("{")) {
            return "this looks like JSON; the file is to be TOML";
        }
        if (line.startsWith("//") || line.startsWith(";") || line.startsWith("/*")) {
            return "comments begin with #";
        }
        if (line.startsWith("[")) {
            return "a section is written [name] on a line of its own";
        }
        int equals = line.indexOf('=');
        if (equals < 0) {
            return line.indexOf(':') > 0
                    ? "write = between a key and its value"
                    : "a line is a [section] or key = value";
        }
        return valueHint(line.substring(equals + 1).strip());
    }

    private static String valueHint(String value) {
        if (value.isEmpty()) {
            return "the value is missing";
        }
        char first = value.charAt(0);
        if (first == '"' || first == '\'') {
            return value.indexOf(first, 1) < 0
                    ? "the string is not closed"
                    : value.indexOf('\\') >= 0
                            ? "in \"…\" a backslash is written \\\\, in '…' it needs nothing"
                            : "one setting per line";
        }
        if (Character.isLetter(first) || first == '/') {
            return "text is written in quotes, and a boolean as true or false";
        }
        if (Character.isDigit(first)) {
            return numberHint(value);
        }
        return "";
    }

    private static String numberHint(String value) {
        if (value.indexOf('=') >= 0) {
            return "one setting per line";
        }
        boolean leadingZero =
                value.length() > 1 && value.charAt(0) == '0' && Character.isDigit(value.charAt(1));
        return leadingZero
                ? "a number has no leading zero"
                : "a number has no unit; what it counts is fixed for each key";
    }

    private static String line(String text, int number) {
        int start = 0;
        for (int i = 1; i < number; i++) {
            int end = text.indexOf('\n', start);
            if (end < 0) {
                return "";
            }
            start = end + 1;
        }
        int end = text.indexOf('\n', start);
        int stop = end < 0 ? text.length() : end;
        return text.substring(start, Math.min(stop, start + MAX_SHOWN));
    }
}
