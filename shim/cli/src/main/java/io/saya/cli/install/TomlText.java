package io.saya.cli.install;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Writes the little TOML that a registration needs. */
final class TomlText {
    private static final int FIRST_PRINTABLE = 0x20;

    private TomlText() {}

    static String table(List<String> names) {
        return names.stream().map(TomlText::name).collect(Collectors.joining(".", "[", "]\n"));
    }

    /** A line; empty for values that no runtime's table has. */
    static String line(String key, Object value) {
        return value(value).map(text -> "  " + name(key) + " = " + text + "\n").orElse("");
    }

    private static Optional<String> value(Object value) {
        return switch (value) {
            case String text -> Optional.of(quoted(text));
            case Boolean yes -> Optional.of(yes.toString());
            case Long number -> Optional.of(number.toString());
            case Double number -> Optional.of(number.toString());
            case List<?> values -> {
                List<String> texts = new ArrayList<>();
                for (Object each : values) {
                    value(each).ifPresent(texts::add);
                }
                yield texts.size() == values.size()
                        ? Optional.of("[" + String.join(", ", texts) + "]")
                        : Optional.empty();
            }
            default -> Optional.empty();
        };
    }

    private static String name(String name) {
        return name.matches("[A-Za-z0-9_-]+") ? name : quoted(name);
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < FIRST_PRINTABLE) {
                out.append(String.format(java.util.Locale.ROOT, "\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
