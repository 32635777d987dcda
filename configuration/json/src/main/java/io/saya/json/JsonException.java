package io.saya.json;

/**
 * A text is not JSON, or a value is not of the type or in the range that was asked for. The message
 * says where, what was found and what was expected.
 */
public final class JsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public JsonException(String message) {
        super(message);
    }
}
