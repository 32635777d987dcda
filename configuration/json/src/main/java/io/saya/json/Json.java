package io.saya.json;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Between JSON text and {@link JsonValue}. */
public final class Json {

    /** Nesting beyond this is refused; an OCI specification needs about ten levels. */
    public static final int MAX_DEPTH = 100;

    /**
     * Texts longer than this are refused. An OCI specification is some 20 KiB; environment and
     * mounts can make it grow to a few MiB.
     */
    public static final int MAX_LENGTH = 16 * 1024 * 1024;

    private Json() {}

    /**
     * Reads one value and nothing after it but white space. Members of an object must have
     * different names.
     *
     * @throws JsonException if the text is not JSON or beyond {@link #MAX_DEPTH} or {@link
     *     #MAX_LENGTH}
     */
    public static JsonValue parse(String text) {
        if (text.length() > MAX_LENGTH) {
            throw tooLong(text.length());
        }
        return new JsonReader(text).read();
    }

    /**
     * Reads a value from UTF-8; a byte order mark is refused, as is anything that is not UTF-8.
     *
     * @throws JsonException if the bytes are not JSON in UTF-8 or beyond the limits
     */
    public static JsonValue parse(byte[] utf8) {
        if (utf8.length > MAX_LENGTH) {
            throw tooLong(utf8.length);
        }
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
        } catch (CharacterCodingException e) {
            throw new JsonException("not UTF-8: " + e.getMessage());
        }
        return new JsonReader(text).read();
    }

    /**
     * Reads a value that must be an object.
     *
     * @throws JsonException also if the value is not an object
     */
    public static JsonObject parseObject(byte[] utf8) {
        return object(parse(utf8));
    }

    /**
     * Reads a value that must be an object.
     *
     * @throws JsonException also if the value is not an object
     */
    public static JsonObject parseObject(String text) {
        return object(parse(text));
    }

    /** Compact text on a single line. */
    public static String write(JsonValue value) {
        StringBuilder out = new StringBuilder();
        JsonWriter.write(value, out);
        return out.toString();
    }

    /** Compact text on a single line, in UTF-8, without a line end. */
    public static byte[] writeBytes(JsonValue value) {
        return write(value).getBytes(StandardCharsets.UTF_8);
    }

    private static JsonObject object(JsonValue value) {
        if (value instanceof JsonObject object) {
            return object;
        }
        throw new JsonException("top level: " + value.kind() + " (expected: object)");
    }

    private static JsonException tooLong(int length) {
        return new JsonException("length: " + length + " (expected: at most " + MAX_LENGTH + ")");
    }
}
