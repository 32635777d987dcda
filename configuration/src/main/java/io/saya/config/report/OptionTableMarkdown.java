package io.saya.config.report;

import io.saya.config.option.Option;
import io.saya.config.option.OptionTable;
import io.saya.config.option.Section;
import io.saya.config.option.Spelling;
import io.saya.config.option.Status;

/** The table of options for the README. */
public final class OptionTableMarkdown {

    private static final String NOT_THERE = "–";

    private OptionTableMarkdown() {}

    /** Markdown, one table per section, ending with a line end. */
    public static String render() {
        StringBuilder text = new StringBuilder();
        for (Section section : Section.values()) {
            boolean first = true;
            for (Option<?> option : OptionTable.all()) {
                if (option.section() == section) {
                    if (first) {
                        text.append(text.isEmpty() ? "" : "\n");
                        head(text, section);
                    }
                    row(text, option);
                    first = false;
                }
            }
        }
        return text.toString();
    }

    private static void head(StringBuilder text, Section section) {
        text.append("### `").append(section).append("`: ").append(section.about()).append("\n\n");
        text.append(
                "| Key | Type | Range | Default | Kata Go | Kata Rust | Annotation | Status |"
                        + " Meaning |\n");
        text.append("|---|---|---|---|---|---|---|---|---|\n");
    }

    private static void row(StringBuilder text, Option<?> option) {
        text.append("| `").append(option.key()).append("` | ");
        text.append(option.type().name()).append(" | ");
        text.append(cell(option.type().range())).append(" | ");
        text.append(
                option.hasComputedDefault()
                        ? cell(option.defaultText())
                        : code(option.defaultText()));
        text.append(" | ").append(inGo(option)).append(" | ").append(inRust(option)).append(" | ");
        text.append(option.annotation().isEmpty() ? NOT_THERE : code(option.annotation()));
        text.append(" | ").append(status(option)).append(" | ");
        text.append(cell(option.help())).append(" |\n");
    }

    private static String status(Option<?> option) {
        String text = option.status().text();
        return option.status() == Status.WORKS
                ? text
                : "**" + text + "**: " + cell(option.reason());
    }

    private static String inGo(Option<?> option) {
        return switch (option.known()) {
            case BOTH, GO -> code(option.key());
            case KATA_1 -> code(option.key()) + " (1.x)";
            case RUST, OURS -> NOT_THERE;
        };
    }

    private static String inRust(Option<?> option) {
        return switch (option.known()) {
            case BOTH, RUST -> {
                StringBuilder names = new StringBuilder();
                for (Spelling<?> spelling : option.spellings()) {
                    String name =
                            spelling.section() == option.section()
                                    ? spelling.key()
                                    : spelling.section() + " " + spelling.key();
                    names.append(names.isEmpty() ? "" : ", ").append(code(name));
                    if (!spelling.type().name().equals(option.type().name())) {
                        names.append(" (").append(spelling.type().name()).append(')');
                    }
                }
                yield names.isEmpty() ? code(option.key()) : names.toString();
            }
            case GO, KATA_1, OURS -> NOT_THERE;
        };
    }

    private static String code(String text) {
        return "`" + text.replace("|", "\\|") + "`";
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}
