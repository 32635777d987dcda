package io.saya.config.toml;

import io.saya.config.Position;
import java.util.List;

/**
 * A parsed file.
 *
 * @param tables every table in the order of the file, those that are only implied by a longer name
 *     left out
 * @param entries every key in the order of the file
 * @param errors what is no TOML, in the order of the file. What stands behind the first of them may
 *     have been read wrongly
 */
public record TomlDocument(List<Table> tables, List<TomlEntry> entries, List<SyntaxError> errors) {

    /**
     * A table and where its header stands.
     *
     * @param name outermost first
     */
    public record Table(List<String> name, Position position) {
        public Table {
            name = List.copyOf(name);
        }
    }

    /** A place where the text is no TOML. */
    public record SyntaxError(Position position, String text) {}

    public TomlDocument {
        tables = List.copyOf(tables);
        entries = List.copyOf(entries);
        errors = List.copyOf(errors);
    }
}
