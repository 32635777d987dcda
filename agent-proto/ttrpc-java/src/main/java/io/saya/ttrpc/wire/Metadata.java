package io.saya.ttrpc.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Pairs of strings that travel with a request, in order; a key may occur several times. Immutable.
 *
 * <p>Keys are lower case on the wire; they are made so here, and compared so.
 */
public final class Metadata {
    /** No pairs. */
    public static final Metadata EMPTY = new Metadata(new String[0]);

    /** Keys at even indexes, each before its value. */
    private final String[] pairs;

    private Metadata(String[] pairs) {
        this.pairs = pairs;
    }

    /** One pair. */
    public static Metadata of(String key, String value) {
        return EMPTY.with(key, value);
    }

    /** Pairs from a list of keys, each followed by its value. */
    static Metadata ofPairs(List<String> keysAndValues) {
        String[] pairs = keysAndValues.toArray(new String[0]);
        for (int i = 0; i < pairs.length; i += 2) {
            pairs[i] = pairs[i].toLowerCase(Locale.ROOT);
        }
        return new Metadata(pairs);
    }

    /** These pairs and one more at the end. */
    public Metadata with(String key, String value) {
        String[] longer = Arrays.copyOf(pairs, pairs.length + 2);
        longer[pairs.length] = key.toLowerCase(Locale.ROOT);
        longer[pairs.length + 1] = value;
        return new Metadata(longer);
    }

    /** First value of a key. */
    public Optional<String> first(String key) {
        String wanted = key.toLowerCase(Locale.ROOT);
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i].equals(wanted)) {
                return Optional.of(pairs[i + 1]);
            }
        }
        return Optional.empty();
    }

    /** The values of a key, in order. */
    public List<String> all(String key) {
        String wanted = key.toLowerCase(Locale.ROOT);
        List<String> values = new ArrayList<>();
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i].equals(wanted)) {
                values.add(pairs[i + 1]);
            }
        }
        return List.copyOf(values);
    }

    /** Number of pairs. */
    public int size() {
        return pairs.length / 2;
    }

    /**
     * Key of a pair.
     *
     * @param index from 0 to below {@link #size}
     */
    public String key(int index) {
        return pairs[2 * index];
    }

    /**
     * Value of a pair.
     *
     * @param index from 0 to below {@link #size}
     */
    public String value(int index) {
        return pairs[2 * index + 1];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Metadata that && Arrays.equals(pairs, that.pairs);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(pairs);
    }

    /** The keys only: values may be secrets. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < pairs.length; i += 2) {
            text.append(i == 0 ? "" : ", ").append(pairs[i]);
        }
        return text.append(']').toString();
    }
}
