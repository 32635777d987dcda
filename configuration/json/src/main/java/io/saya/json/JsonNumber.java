package io.saya.json;

import org.jspecify.annotations.Nullable;

/**
 * A number, kept as it is written: OCI limits and QMP use the whole range of unsigned 64-bit
 * integers, which a double would round. Equal if the texts are equal, so {@code 1} and {@code 1.0}
 * differ.
 *
 * @param literal the number in JSON's grammar
 */
public record JsonNumber(String literal) implements JsonValue {

    /**
     * Checks the grammar.
     *
     * @throws JsonException if {@code literal} is not a number in JSON's grammar
     */
    public JsonNumber {
        if (literal.isEmpty() || end(literal, 0) != literal.length()) {
            throw new JsonException("number: " + literal + " (expected: JSON's grammar)");
        }
    }

    public static JsonNumber of(long value) {
        return new JsonNumber(Long.toString(value));
    }

    /**
     * The number as a long.
     *
     * @throws JsonException if this is not an integer without fraction and exponent in the range of
     *     a long
     */
    public long asLong() {
        try {
            return Long.parseLong(literal);
        } catch (NumberFormatException e) {
            throw notA("an integer of 64 bits");
        }
    }

    /**
     * The number as 64 bits to be read as unsigned, see {@link Long#toUnsignedString(long)}.
     *
     * @throws JsonException if this is not an integer from 0 to 2^64-1 without fraction and
     *     exponent
     */
    public long asUnsignedLong() {
        try {
            return Long.parseUnsignedLong(literal);
        } catch (NumberFormatException e) {
            throw notA("an unsigned integer of 64 bits");
        }
    }

    /** Written out: see {@link JsonObject#equals}. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JsonNumber that && literal.equals(that.literal);
    }

    @Override
    public int hashCode() {
        return literal.hashCode();
    }

    @Override
    public String toString() {
        return literal;
    }

    private JsonException notA(String expected) {
        String shown = literal.length() <= 40 ? literal : literal.substring(0, 40) + "...";
        return new JsonException("number: " + shown + " (expected: " + expected + ")");
    }

    /**
     * Index at which the number that starts at {@code from} ends; -1 if there is none or it is
     * malformed.
     */
    static int end(String text, int from) {
        int at = from;
        if (is(text, at, '-')) {
            at++;
        }
        int integer = digits(text, at);
        if (integer == at || (text.charAt(at) == '0' && integer > at + 1)) {
            return -1;
        }
        at = integer;
        if (is(text, at, '.')) {
            int fraction = digits(text, at + 1);
            if (fraction == at + 1) {
                return -1;
            }
            at = fraction;
        }
        if (is(text, at, 'e') || is(text, at, 'E')) {
            at++;
            if (is(text, at, '+') || is(text, at, '-')) {
                at++;
            }
            int exponent = digits(text, at);
            if (exponent == at) {
                return -1;
            }
            at = exponent;
        }
        return at;
    }

    private static int digits(String text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at;
    }

    private static boolean is(String text, int at, char expected) {
        return at < text.length() && text.charAt(at) == expected;
    }
}
