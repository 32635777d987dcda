package io.saya.config.load;

import io.saya.config.Position;
import io.saya.config.Problem;
import io.saya.config.option.BadValue;
import io.saya.config.option.Option;
import io.saya.config.option.OptionTable;
import io.saya.config.option.Section;
import io.saya.config.option.Similar;
import io.saya.config.option.TomlText;
import io.saya.config.toml.TomlDocument;
import io.saya.config.toml.TomlEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Takes the settings of one file over into the whole, and says what is wrong with each. */
final class LayerReader {

    /** Other VMMs of Kata; a file for one of these is not a file for us. */
    private static final Set<String> OTHER_HYPERVISORS =
            Set.of(
                    "acrn",
                    "clh",
                    "cloud-hypervisor",
                    "dragonball",
                    "firecracker",
                    "openvmm",
                    "remote",
                    "stratovirt");

    private final Path file;
    private final boolean dropIn;
    private final EffectiveConfig.Builder whole;
    private final Problems problems;

    /** The name by which this file has set each option. */
    private final Map<Option<?>, TomlEntry> seen = new HashMap<>();

    /** Tables that are no sections, whose keys are not worth a word each. */
    private final Set<String> unknownTables = new HashSet<>();

    LayerReader(Path file, boolean dropIn, EffectiveConfig.Builder whole, Problems problems) {
        this.file = file;
        this.dropIn = dropIn;
        this.whole = whole;
        this.problems = problems;
    }

    void read(TomlDocument document) {
        // Behind the first syntax error nothing is sure any more, not even the section.
        int sureLines = Integer.MAX_VALUE;
        for (TomlDocument.SyntaxError error : document.errors()) {
            problems.error(at(error.position()), error.text());
            sureLines = Math.min(sureLines, error.position().line());
        }
        for (TomlDocument.Table table : document.tables()) {
            if (table.position().line() < sureLines) {
                readTable(table, document);
            }
        }
        for (TomlEntry entry : document.entries()) {
            if (entry.position().line() < sureLines) {
                readEntry(entry);
            }
        }
    }

    private void readTable(TomlDocument.Table table, TomlDocument document) {
        String name = String.join(".", table.name());
        if (Section.of(table.name()) != null || !unknownTables.add(name)) {
            return;
        }
        OptionTable.Match<?> asKey = asKey(table.name());
        if (asKey != null) {
            keyAsTable(table, asKey);
            return;
        }
        if (table.name().size() >= 2
                && "hypervisor".equals(table.name().get(0))
                && OTHER_HYPERVISORS.contains(table.name().get(1))) {
            if (table.name().size() > 2
                    && unknownTables.contains("hypervisor." + table.name().get(1))) {
                return; // told of with the section that it is a part of
            }
            boolean alone = dropIn || !hasQemu(document);
            String text =
                    "[" + name + "] is for another hypervisor; only [hypervisor.qemu] is used";
            if (alone && !dropIn) {
                problems.error(
                        at(table.position()),
                        text + ", which is missing: name Kata's file for QEMU instead");
            } else {
                problems.warning(at(table.position()), text);
            }
            return;
        }
        List<String> sections = new ArrayList<>();
        String near = "";
        for (Section section : Section.values()) {
            sections.add(section.dotted());
            if (near.isEmpty() && section.dotted().startsWith(name + ".")) {
                near = section.dotted();
            }
        }
        if (near.isEmpty()) {
            near = Similar.nearest(name, sections);
        }
        problems.error(
                at(table.position()),
                "["
                        + name
                        + "] is not a section; "
                        + (near.isEmpty()
                                ? "the sections are " + allSections()
                                : "did you mean [" + near + "]?"));
    }

    /** The option that a table's whole name is the name of, or null. */
    private static OptionTable.@Nullable Match<?> asKey(List<String> name) {
        if (name.size() < 2) {
            return null;
        }
        Section section = Section.of(name.subList(0, name.size() - 1));
        return section == null ? null : OptionTable.find(section, name.getLast());
    }

    private void keyAsTable(TomlDocument.Table table, OptionTable.Match<?> match) {
        Option<?> option = match.option();
        if (option.takesTable()) {
            problems.warning(at(table.position()), option + " has no effect: " + option.reason());
        } else {
            problems.error(
                    at(table.position()),
                    option
                            + " is a key, not a section; below "
                            + option.section()
                            + " write "
                            + option.key()
                            + " = "
                            + option.example());
        }
    }

    private static boolean hasQemu(TomlDocument document) {
        for (TomlDocument.Table table : document.tables()) {
            if (Section.of(table.name()) == Section.HYPERVISOR) {
                return true;
            }
        }
        return false;
    }

    private static String allSections() {
        return Section.HYPERVISOR + ", " + Section.AGENT + " and " + Section.RUNTIME;
    }

    private void readEntry(TomlEntry entry) {
        Section section = Section.of(entry.table());
        if (section == null) {
            if (!unknownTables.contains(String.join(".", entry.table()))) {
                problems.error(at(entry.position()), outside(entry));
            }
            return;
        }
        OptionTable.Match<?> match = OptionTable.find(section, entry.key());
        if (match == null) {
            problems.error(at(entry.position()), unknown(section, entry.key()));
        } else {
            take(match, entry);
        }
    }

    private <T> void take(OptionTable.Match<T> match, TomlEntry entry) {
        Option<T> option = match.option();
        TomlEntry before = seen.putIfAbsent(option, entry);
        if (before != null) {
            problems.error(
                    at(entry.position()),
                    named(entry)
                            + ": the same is said by "
                            + before.key()
                            + " in line "
                            + before.position().line()
                            + "; remove one of the two");
            return;
        }
        try {
            T value = match.type().fromToml(entry.value());
            whole.set(
                    new Setting<>(
                            option, value, new Origin.InFile(file, entry.position(), dropIn)));
        } catch (BadValue e) {
            problems.markBroken(option);
            problems.error(
                    at(entry.position()),
                    named(entry)
                            + (option.isSecret() ? "" : " = " + TomlText.shown(entry.value()))
                            + ": expected "
                            + match.type().expected()
                            + (e.text().isEmpty() ? "" : "; " + e.text()));
        }
    }

    private static String named(TomlEntry entry) {
        return "[" + String.join(".", entry.table()) + "] " + entry.key();
    }

    private static String unknown(Section section, String key) {
        String text = section + " has no key " + TomlText.shown(key);
        String near = Similar.nearest(key, OptionTable.names(section));
        for (Section other : Section.values()) {
            if (other != section && OptionTable.find(other, key) != null) {
                return text + "; it belongs into " + other;
            }
        }
        return near.isEmpty()
                ? text + "; remove it (the keys are listed in the shipped configuration.toml)"
                : text + "; did you mean " + near + "?";
    }

    private static String outside(TomlEntry entry) {
        if (!entry.table().isEmpty()) {
            return named(entry) + ": [" + String.join(".", entry.table()) + "] is not a section";
        }
        String text = TomlText.shown(entry.key()) + " stands outside of any section";
        for (Section section : Section.values()) {
            if (OptionTable.find(section, entry.key()) != null) {
                return text + "; put it below a line " + section;
            }
        }
        return text + "; the sections are " + allSections();
    }

    private Problem.Source at(Position position) {
        return new Problem.Source.InFile(file, position);
    }
}
