package io.saya.json;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * An object. Members keep their order. The typed accessors treat an absent member and {@code null}
 * alike, as Go's decoder does, and refuse any other type.
 */
public record JsonObject(Map<String, JsonValue> members) implements JsonValue {

    /** The object without members. */
    public static final JsonObject EMPTY = new JsonObject(Map.of());

    public JsonObject {
        members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }

    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts with the members of this object. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.members.putAll(members);
        return builder;
    }

    /** The member as it is; null if there is none. */
    public @Nullable JsonValue get(String name) {
        return members.get(name);
    }

    /**
     * The member, a string.
     *
     * @throws JsonException if it is of another type
     */
    public Optional<String> string(String name) {
        return member(name, JsonString.class, "string").map(JsonString::value);
    }

    /**
     * The member, an object.
     *
     * @throws JsonException if it is of another type
     */
    public Optional<JsonObject> object(String name) {
        return member(name, JsonObject.class, "object");
    }

    /**
     * The member, an array.
     *
     * @throws JsonException if it is of another type
     */
    public Optional<JsonArray> array(String name) {
        return member(name, JsonArray.class, "array");
    }

    /**
     * The member, a number.
     *
     * @throws JsonException if it is of another type
     */
    public Optional<JsonNumber> number(String name) {
        return member(name, JsonNumber.class, "number");
    }

    /**
     * The member, an integer in the range of a long.
     *
     * @throws JsonException if it is anything else
     */
    public OptionalLong integer(String name) {
        Optional<JsonNumber> number = number(name);
        if (number.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(number.get().asLong());
        } catch (JsonException e) {
            throw new JsonException(name + ": " + e.getMessage());
        }
    }

    /**
     * The member, a boolean.
     *
     * @throws JsonException if it is of another type
     */
    public Optional<Boolean> bool(String name) {
        return member(name, JsonBool.class, "boolean").map(JsonBool::value);
    }

    @Override
    public String toString() {
        return Json.write(this);
    }

    /**
     * Tests types one by one: a pattern switch is linked by classes that the VM makes at its first
     * use, 7 ms before the start of every sandbox's VM, and no AOT cache of JDK 25 holds them.
     */
    private <T extends JsonValue> Optional<T> member(String name, Class<T> type, String expected) {
        JsonValue value = members.get(name);
        if (value == null || value == JsonNull.NULL) {
            return Optional.empty();
        }
        if (!type.isInstance(value)) {
            throw unexpected(name, value, expected);
        }
        return Optional.of(type.cast(value));
    }

    /**
     * Written out, as in the other values: a record's own is linked at its first use, for 45 ms.
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JsonObject object && members.equals(object.members);
    }

    @Override
    public int hashCode() {
        return members.hashCode();
    }

    private static JsonException unexpected(String name, JsonValue found, String expected) {
        return new JsonException(name + ": " + found.kind() + " (expected: " + expected + ")");
    }

    /** Collects the members of an object; a member put again keeps its place. Not thread safe. */
    public static final class Builder {
        private final Map<String, JsonValue> members = new LinkedHashMap<>();

        private Builder() {}

        public Builder put(String name, JsonValue value) {
            members.put(name, value);
            return this;
        }

        public Builder put(String name, String value) {
            return put(name, new JsonString(value));
        }

        public Builder put(String name, long value) {
            return put(name, JsonNumber.of(value));
        }

        public Builder put(String name, boolean value) {
            return put(name, new JsonBool(value));
        }

        /** Does nothing if there is no such member. */
        public Builder remove(String name) {
            members.remove(name);
            return this;
        }

        public JsonObject build() {
            return new JsonObject(members);
        }
    }
}
