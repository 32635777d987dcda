package io.saya.config.option;

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

    /** Never null, unlike {@link #getMessage}. */
    public String text() {
        String message = getMessage();
        return message == null ? "" : message;
    }
}
