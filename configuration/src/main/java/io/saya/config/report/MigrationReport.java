package io.saya.config.report;

import io.saya.config.Position;
import io.saya.config.option.BadValue;
import io.saya.config.option.Option;
import io.saya.config.option.OptionTable;
import io.saya.config.option.Section;
import io.saya.config.option.Spelling;
import io.saya.config.option.Status;
import io.saya.config.option.TomlText;
import io.saya.config.toml.TomlDocument;
import io.saya.config.toml.TomlEntry;
import io.saya.config.toml.TomlFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a Kata configuration (Go or Rust) comes to here.
 *
 * @param lines one per key, in the order of the file
 * @param errors what is no TOML
 */
public record MigrationReport(List<Line> lines, List<TomlDocument.SyntaxError> errors) {

    /** What becomes of a key. */
    public enum Outcome {
        /** Same name, same meaning. */
        KEPT,
        /** Another name, section or unit. */
        RENAMED,
        /** The default here as well, or a value that asks for nothing: no line is needed. */
        NOT_NEEDED,
        /** It asks for something that does not happen here. */
        LOST,
        /** A sandbox would not start with it: it is left out, and somebody should know. */
        REFUSED,
        /** The value is wrong. */
        INVALID,
        /** No Kata runtime knows it. */
        UNKNOWN
    }

    /**
     * One key of the source.
     *
     * @param source {@code [section] key = value} as it stands there
     * @param outcome what becomes of it
     * @param target the line for Saya's file, without its section; empty if there is none
     * @param section where the target belongs
     * @param note the reason; may be empty
     */
    public record Line(
            Position position,
            String source,
            Outcome outcome,
            String target,
            Section section,
            String note) {

        /** The result as one line for people. */
        @Override
        public String toString() {
            String result =
                    switch (outcome) {
                        case KEPT -> "kept";
                        case RENAMED -> "becomes " + section + " " + target;
                        case NOT_NEEDED -> "not needed";
                        case LOST -> "LOST";
                        case REFUSED -> "REFUSED";
                        case INVALID -> "INVALID";
                        case UNKNOWN -> "UNKNOWN";
                    };
            return position.line()
                    + ": "
                    + source
                    + ": "
                    + result
                    + (note.isEmpty() ? "" : " (" + note + ")");
        }
    }

    public MigrationReport {
        lines = List.copyOf(lines);
        errors = List.copyOf(errors);
    }

    /**
     * Reads a file; its drop-ins are files of their own. Blocks for the disk.
     *
     * @throws IOException if it cannot be read
     */
    public static MigrationReport of(Path file) throws IOException {
        return of(TomlFile.read(file));
    }

    static MigrationReport of(TomlDocument document) {
        List<Line> lines = new ArrayList<>();
        for (TomlEntry entry : document.entries()) {
            lines.add(line(entry));
        }
        return new MigrationReport(lines, document.errors());
    }

    /** A file for Saya with all that is kept, each line below what it came from. */
    public String toml() {
        StringBuilder text = new StringBuilder();
        for (Section section : Section.values()) {
            boolean first = true;
            for (Line line : lines) {
                if (line.section() == section && !line.target().isEmpty()) {
                    if (first) {
                        text.append(text.isEmpty() ? "" : "\n").append(section).append('\n');
                        first = false;
                    }
                    text.append(line.target()).append('\n');
                }
            }
        }
        return text.toString();
    }

    private static Line line(TomlEntry entry) {
        Section section = Section.of(entry.table());
        OptionTable.Match<?> match =
                section == null ? null : OptionTable.find(section, entry.key());
        if (section == null || match == null) {
            return new Line(
                    entry.position(),
                    source(entry, false),
                    Outcome.UNKNOWN,
                    "",
                    Section.RUNTIME,
                    section == null ? "no such section" : "no such key");
        }
        return line(entry, match);
    }

    private static <T> Line line(TomlEntry entry, OptionTable.Match<T> match) {
        Option<T> option = match.option();
        String source = source(entry, option.isSecret());
        T value;
        try {
            value = match.type().fromToml(entry.value());
        } catch (BadValue e) {
            String expected = "expected " + match.type().expected();
            return new Line(
                    entry.position(),
                    source,
                    Outcome.INVALID,
                    "",
                    option.section(),
                    e.text().isEmpty() ? expected : expected + "; " + e.text());
        }
        Spelling<T> spelling = match.spelling();
        Outcome outcome = outcome(option, value, spelling != null);
        boolean written = outcome == Outcome.KEPT || outcome == Outcome.RENAMED;
        String note =
                switch (outcome) {
                    case RENAMED -> spelling == null ? "" : spelling.note();
                    case NOT_NEEDED ->
                            option.status() == Status.WORKS
                                    ? "it is the default"
                                    : "it asks for nothing";
                    case LOST, REFUSED -> option.reason();
                    case KEPT, INVALID, UNKNOWN -> "";
                };
        return new Line(
                entry.position(),
                source,
                outcome,
                written ? option.key() + " = " + option.type().toToml(value) : "",
                option.section(),
                note);
    }

    private static <T> Outcome outcome(Option<T> option, T value, boolean otherwiseSpelled) {
        boolean isDefault = option.defaultValue().equals(value) && !option.hasComputedDefault();
        if (option.status() == Status.WORKS) {
            if (isDefault) {
                return Outcome.NOT_NEEDED;
            }
            return otherwiseSpelled ? Outcome.RENAMED : Outcome.KEPT;
        }
        if (option.isNeutral(value)) {
            return Outcome.NOT_NEEDED;
        }
        return option.status() == Status.REFUSED ? Outcome.REFUSED : Outcome.LOST;
    }

    private static String source(TomlEntry entry, boolean secret) {
        return "["
                + String.join(".", entry.table())
                + "] "
                + entry.key()
                + " = "
                + (secret ? "\"…\"" : TomlText.shown(entry.value()));
    }
}
