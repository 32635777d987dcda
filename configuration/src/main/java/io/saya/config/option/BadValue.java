package io.saya.config.option;

import java.util.List;

/**
 * A value does not suit its option. The message says why, to be read after the value; it is empty
 * where {@link ValueType#expected} says it all.
 */
public final class BadValue extends Exception {
    private static final long serialVersionUID = 1L;

    BadValue(String message) {
        super(message, null, false, false);
    }

    static BadValue asExpected() {
        return new BadValue("");
    }

    /** A text is expected where there is something else. */
    static BadValue notText(Object raw) {
        return new BadValue(
                raw instanceof List ? "write one string, not an array" : "write it in quotes");
    }

    /** Never null, unlike {@link #getMessage}. */
    public String text() {
        String message = getMessage();
        return message == null ? "" : message;
    }
}
