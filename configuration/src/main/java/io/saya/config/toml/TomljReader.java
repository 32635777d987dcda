package io.saya.config.toml;

import io.saya.config.Position;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** Reads any TOML, by tomlj. Nothing outside of this class knows tomlj's types. */
final class TomljReader {

    private final List<TomlDocument.Table> tables = new ArrayList<>();
    private final List<TomlEntry> entries = new ArrayList<>();

    private TomljReader() {}

    static TomlDocument read(String text) {
        TomljReader reader = new TomljReader();
        List<TomlDocument.SyntaxError> errors = new ArrayList<>();
        try {
            TomlParseResult result = Toml.parse(text);
            for (TomlParseError error : result.errors()) {
                Position position = position(error.position());
                errors.add(
                        new TomlDocument.SyntaxError(
                                position,
                                SyntaxHint.explain(
                                        String.valueOf(error.getMessage()), text, position)));
            }
            reader.walk(List.of(), result);
        } catch (StackOverflowError e) {
            // The parser descends into nested arrays and tables by recursion, without a bound of
            // its own. The stack is sound again here; nothing of the parser is used any more.
            return failed("arrays or tables are nested too deeply");
        } catch (RuntimeException e) {
            // Text that the parser has no words for must still give the operator a message.
            return failed("the text cannot be read as TOML (" + e.getMessage() + ")");
        }
        reader.tables.sort(Comparator.comparing(TomlDocument.Table::position));
        reader.entries.sort(Comparator.comparing(TomlEntry::position));
        errors.sort(Comparator.comparing(TomlDocument.SyntaxError::position));
        return new TomlDocument(reader.tables, reader.entries, errors);
    }

    private static TomlDocument failed(String text) {
        return new TomlDocument(
                List.of(), List.of(), List.of(new TomlDocument.SyntaxError(Position.START, text)));
    }

    private void walk(List<String> name, TomlTable table) {
        for (String key : table.keySet()) {
            List<String> path = List.of(key);
            Object value = table.get(path);
            TomlPosition found = table.inputPositionOf(path);
            Position position = found == null ? Position.START : position(found);
            if (value instanceof TomlTable inner) {
                List<String> innerName = new ArrayList<>(name);
                innerName.add(key);
                if (!isImplied(inner)) {
                    tables.add(new TomlDocument.Table(innerName, position));
                }
                walk(innerName, inner);
            } else if (value != null) {
                entries.add(new TomlEntry(name, key, plain(value), position));
            }
        }
    }

    /** True if a table exists only because a longer name goes through it. */
    private static boolean isImplied(TomlTable table) {
        for (String key : table.keySet()) {
            if (!(table.get(List.of(key)) instanceof TomlTable)) {
                return false;
            }
        }
        return !table.isEmpty();
    }

    private static Object plain(Object value) {
        if (value instanceof TomlArray array) {
            List<Object> values = new ArrayList<>();
            for (int i = 0; i < array.size(); i++) {
                values.add(plain(array.get(i)));
            }
            return List.copyOf(values);
        }
        if (value instanceof TomlTable table) {
            Map<String, Object> values = new LinkedHashMap<>();
            for (String key : table.keySet()) {
                Object inner = table.get(List.of(key));
                if (inner != null) {
                    values.put(key, plain(inner));
                }
            }
            return values;
        }
        return value;
    }

    private static Position position(TomlPosition position) {
        return new Position(position.line(), position.column());
    }
}
