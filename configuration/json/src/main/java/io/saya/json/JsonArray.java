package io.saya.json;

import java.util.ArrayList;
import java.util.List;

/** An array. */
public record JsonArray(List<JsonValue> values) implements JsonValue {

    /** The array without elements. */
    public static final JsonArray EMPTY = new JsonArray(List.of());

    public JsonArray {
        values = List.copyOf(values);
    }

    public static JsonArray of(JsonValue... values) {
        return new JsonArray(List.of(values));
    }

    public static JsonArray ofStrings(List<String> strings) {
        List<JsonValue> values = new ArrayList<>(strings.size());
        for (String string : strings) {
            values.add(new JsonString(string));
        }
        return new JsonArray(values);
    }

    /**
     * The elements, all of which must be strings.
     *
     * @throws JsonException if one is not
     */
    public List<String> strings() {
        List<String> strings = new ArrayList<>(values.size());
        for (JsonValue value : values) {
            if (!(value instanceof JsonString(String string))) {
                throw unexpected(strings.size(), value, "string");
            }
            strings.add(string);
        }
        return List.copyOf(strings);
    }

    /**
     * The elements, all of which must be objects.
     *
     * @throws JsonException if one is not
     */
    public List<JsonObject> objects() {
        List<JsonObject> objects = new ArrayList<>(values.size());
        for (JsonValue value : values) {
            if (!(value instanceof JsonObject object)) {
                throw unexpected(objects.size(), value, "object");
            }
            objects.add(object);
        }
        return List.copyOf(objects);
    }

    @Override
    public String toString() {
        return Json.write(this);
    }

    private static JsonException unexpected(int index, JsonValue found, String expected) {
        return new JsonException(
                "element " + index + ": " + found.kind() + " (expected: " + expected + ")");
    }
}
