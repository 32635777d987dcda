package io.saya.config.option;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One of a few words.
 *
 * @param <T> what a word stands for
 */
final class ChoiceType<T> extends ValueType<T> {

    private final Map<String, T> words = new LinkedHashMap<>();
    private final Map<String, T> synonyms = new LinkedHashMap<>();
    private final Map<String, String> refusals = new LinkedHashMap<>();

    /** Adds a word; the first one for a value is the one that is written. */
    ChoiceType<T> word(String word, T value) {
        words.put(word, value);
        return this;
    }

    /** Adds a spelling of another runtime for a value that has a word. */
    ChoiceType<T> synonym(String word, T value) {
        synonyms.put(word, value);
        return this;
    }

    /** Adds a word that other runtimes know and that is refused here for a reason. */
    ChoiceType<T> refused(String word, String reason) {
        refusals.put(word, reason);
        return this;
    }

    @Override
    public T fromToml(Object raw) throws BadValue {
        if (raw instanceof String text) {
            return fromText(text);
        }
        throw BadValue.notText(raw);
    }

    @Override
    public T fromText(String text) throws BadValue {
        T value = words.get(text);
        if (value == null) {
            value = synonyms.get(text);
        }
        String refusal = refusals.get(text);
        if (refusal != null) {
            throw new BadValue(refusal);
        }
        if (value == null) {
            String near = Similar.nearest(text, words.keySet());
            throw near.isEmpty()
                    ? BadValue.asExpected()
                    : new BadValue("did you mean " + TomlText.quote(near) + "?");
        }
        return value;
    }

    @Override
    public String toToml(T value) {
        for (Map.Entry<String, T> entry : words.entrySet()) {
            if (entry.getValue().equals(value)) {
                return TomlText.quote(entry.getKey());
            }
        }
        throw new IllegalArgumentException("no word for " + value);
    }

    @Override
    public String name() {
        return "string";
    }

    @Override
    public String expected() {
        return words.size() == 1 ? range() : "one of " + range();
    }

    @Override
    public String range() {
        StringBuilder list = new StringBuilder();
        for (String word : words.keySet()) {
            list.append(list.isEmpty() ? "" : ", ").append(TomlText.quote(word));
        }
        return list.toString();
    }
}
