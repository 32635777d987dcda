package io.saya.json;

/** {@code true} or {@code false}. */
public record JsonBool(boolean value) implements JsonValue {

    @Override
    public String toString() {
        return Boolean.toString(value);
    }
}
