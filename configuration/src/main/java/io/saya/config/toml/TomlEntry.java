package io.saya.config.toml;

import io.saya.config.Position;
import java.util.List;

/**
 * One {@code key = value}.
 *
 * @param table names of the table it stands in, outermost first; empty at the top level
 * @param key name within the table
 * @param value {@link Boolean}, {@link Long}, {@link Double}, {@link String}, {@link List} of
 *     these, a {@link java.util.Map} (a table inside an array), or one of {@code java.time}'s types
 * @param position where the key begins
 */
public record TomlEntry(List<String> table, String key, Object value, Position position) {
    public TomlEntry {
        table = List.copyOf(table);
    }
}
