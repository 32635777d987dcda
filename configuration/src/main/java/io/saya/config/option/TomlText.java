package io.saya.config.option;

import java.util.List;
import java.util.Map;

/** Writes values as TOML, for files and for messages. */
public final class TomlText {

    /** Longer values are cut in messages: a line of a report should stay a line. */
    private static final int MAX_SHOWN = 80;

    private TomlText() {}

    /** A basic string. */
    public static String quote(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\t' -> quoted.append("\\t");
                case '\r' -> quoted.append("\\r");
                default -> {
                    if (Character.isISOControl(c)) {
                        quoted.append(String.format("\\u%04x", (int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }

    /** Any value of a TOML document. */
    public static String of(Object raw) {
        return switch (raw) {
            case String text -> quote(text);
            case List<?> values -> {
                StringBuilder array = new StringBuilder("[");
                for (Object value : values) {
                    array.append(array.length() == 1 ? "" : ", ").append(of(value));
                }
                yield array.append(']').toString();
            }
            case Map<?, ?> table -> {
                StringBuilder inline = new StringBuilder("{");
                for (Map.Entry<?, ?> entry : table.entrySet()) {
                    inline.append(inline.length() == 1 ? " " : ", ")
                            .append(entry.getKey())
                            .append(" = ")
                            .append(of(entry.getValue()));
                }
                yield inline.append(" }").toString();
            }
            default -> raw.toString();
        };
    }

    /** Any value, short enough for a message. */
    public static String shown(Object raw) {
        String text = of(raw);
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
    }
}
