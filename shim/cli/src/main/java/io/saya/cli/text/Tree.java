package io.saya.cli.text;

import io.saya.config.option.TomlText;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonBool;
import io.saya.json.JsonNull;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.json.JsonString;
import io.saya.json.JsonValue;
import java.util.Map;

/** Writes one tree of values as indented JSON or as TOML, so that both always say the same. */
public final class Tree {
    private static final String INDENT = "  ";

    private Tree() {}

    /** JSON for people: two blanks a level, no line end behind the last line. */
    public static String json(JsonValue value) {
        StringBuilder out = new StringBuilder();
        json(value, "", out);
        return out.toString();
    }

    /**
     * TOML: the members that are objects become tables, in their order; behind them there is no
     * empty line. Null values, for which TOML has no word, are left out.
     */
    public static String toml(JsonObject object) {
        StringBuilder out = new StringBuilder();
        table("", object, out);
        return out.toString().strip();
    }

    private static void json(JsonValue value, String indent, StringBuilder out) {
        switch (value) {
            case JsonObject object when !object.members().isEmpty() -> {
                String separator = "{\n";
                for (Map.Entry<String, JsonValue> member : object.members().entrySet()) {
                    out.append(separator).append(indent).append(INDENT);
                    out.append(Json.write(new JsonString(member.getKey()))).append(": ");
                    json(member.getValue(), indent + INDENT, out);
                    separator = ",\n";
                }
                out.append('\n').append(indent).append('}');
            }
            case JsonArray array when !array.values().isEmpty() -> {
                String separator = "[\n";
                for (JsonValue element : array.values()) {
                    out.append(separator).append(indent).append(INDENT);
                    json(element, indent + INDENT, out);
                    separator = ",\n";
                }
                out.append('\n').append(indent).append(']');
            }
            default -> out.append(Json.write(value));
        }
    }

    private static void table(String name, JsonObject table, StringBuilder out) {
        boolean header = false;
        for (Map.Entry<String, JsonValue> member : table.members().entrySet()) {
            JsonValue value = member.getValue();
            if (!(value instanceof JsonObject) && value != JsonNull.NULL) {
                if (!header && !name.isEmpty()) {
                    out.append('[').append(name).append("]\n");
                }
                header = true;
                out.append(key(member.getKey())).append(" = ").append(scalar(value)).append('\n');
            }
        }
        if (header) {
            out.append('\n');
        }
        for (Map.Entry<String, JsonValue> member : table.members().entrySet()) {
            if (member.getValue() instanceof JsonObject inner) {
                String key = key(member.getKey());
                table(name.isEmpty() ? key : name + "." + key, inner, out);
            }
        }
    }

    private static String scalar(JsonValue value) {
        return switch (value) {
            case JsonString(String text) -> TomlText.quote(text);
            case JsonNumber(String literal) -> literal;
            case JsonBool(boolean bool) -> Boolean.toString(bool);
            case JsonArray array -> {
                StringBuilder out = new StringBuilder("[");
                for (JsonValue element : array.values()) {
                    out.append(out.length() == 1 ? "" : ", ").append(scalar(element));
                }
                yield out.append(']').toString();
            }
            case JsonObject inline -> {
                StringBuilder out = new StringBuilder("{");
                for (Map.Entry<String, JsonValue> member : inline.members().entrySet()) {
                    out.append(out.length() == 1 ? " " : ", ");
                    out.append(key(member.getKey())).append(" = ");
                    out.append(scalar(member.getValue()));
                }
                yield out.append(" }").toString();
            }
            case JsonNull _ -> "\"\"";
        };
    }

    private static String key(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean bare =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || c == '_'
                            || c == '-';
            if (!bare) {
                return TomlText.quote(name);
            }
        }
        return name.isEmpty() ? "\"\"" : name;
    }
}
