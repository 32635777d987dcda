package io.saya.config.option;

import java.util.ArrayList;
import java.util.List;

/**
 * An array of one kind of value.
 *
 * @param <T> an element
 */
final class ListType<T> extends ValueType<List<T>> {

    /** The separator by which an annotation, which is one text, holds several values. */
    enum Separator {
        BLANK(" "),
        SEMICOLON(";");

        final String text;

        Separator(String text) {
            this.text = text;
        }
    }

    private final ValueType<T> element;
    private final Separator separator;

    ListType(ValueType<T> element, Separator separator) {
        this.element = element;
        this.separator = separator;
    }

    @Override
    public List<T> fromToml(Object raw) throws BadValue {
        if (!(raw instanceof List<?> values)) {
            throw raw instanceof String text
                    ? new BadValue("write it in brackets: [" + TomlText.shown(text) + "]")
                    : BadValue.asExpected();
        }
        List<T> checked = new ArrayList<>(values.size());
        for (Object value : values) {
            try {
                checked.add(element.fromToml(value));
            } catch (BadValue e) {
                throw new BadValue(
                        "the element "
                                + TomlText.shown(value)
                                + " is not "
                                + element.expected()
                                + (e.text().isEmpty() ? "" : "; " + e.text()));
            }
        }
        return List.copyOf(checked);
    }

    @Override
    public List<T> fromText(String text) throws BadValue {
        List<T> checked = new ArrayList<>();
        for (int start = 0; start <= text.length(); ) {
            int end = text.indexOf(separator.text, start);
            String part = text.substring(start, end < 0 ? text.length() : end).strip();
            if (!part.isEmpty()) {
                checked.add(element.fromText(part));
            }
            start = end < 0 ? text.length() + 1 : end + separator.text.length();
        }
        return List.copyOf(checked);
    }

    @Override
    public String toToml(List<T> value) {
        StringBuilder array = new StringBuilder("[");
        for (T each : value) {
            array.append(array.length() == 1 ? "" : ", ").append(element.toToml(each));
        }
        return array.append(']').toString();
    }

    @Override
    public String name() {
        return "[" + element.name() + "]";
    }

    @Override
    public String expected() {
        return "an array, each element " + element.expected();
    }
}
