package io.saya.json;

/** A JSON value. Immutable; {@code toString()} is its compact JSON text. */
public sealed interface JsonValue
        permits JsonObject, JsonArray, JsonString, JsonNumber, JsonBool, JsonNull {

    /** Returns what the value is, for messages: {@code "object"}, {@code "string"} and so on. */
    default String kind() {
        return switch (this) {
            case JsonObject _ -> "object";
            case JsonArray _ -> "array";
            case JsonString _ -> "string";
            case JsonNumber _ -> "number";
            case JsonBool _ -> "boolean";
            case JsonNull _ -> "null";
        };
    }
}
