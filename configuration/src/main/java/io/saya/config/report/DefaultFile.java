package io.saya.config.report;

import io.saya.config.option.Option;
import io.saya.config.option.OptionTable;
import io.saya.config.option.Section;
import io.saya.config.option.Status;
import java.util.List;

/**
 * The configuration file as it is shipped: every option explained, every default shown in a
 * comment. As nothing is set in it, an update may change a default without a hand's turn in the
 * file.
 */
public final class DefaultFile {

    private static final int WIDTH = 100;

    /** The sections in which something works; the others hold nothing but what is passed over. */
    private static final List<Section> SHOWN =
            List.of(Section.HYPERVISOR, Section.FACTORY, Section.AGENT, Section.RUNTIME);

    private final StringBuilder text = new StringBuilder();

    private DefaultFile() {}

    /** The whole file. */
    public static String render() {
        DefaultFile file = new DefaultFile();
        file.comment(
                "Saya's configuration. To change something, copy this file to"
                        + " /etc/saya/configuration.toml and edit it there, or put a file with just"
                        + " the lines that differ into the directory config.d beside it: those are"
                        + " merged over it in the order of their names, later ones win.");
        file.text.append("#\n");
        file.comment(
                "Every line that begins with '#key = ' shows a default. 'saya config validate FILE'"
                        + " tells what is wrong with a file, 'saya config show' what is in effect"
                        + " and where each value comes from.");
        file.text.append("#\n");
        file.comment(
                "Kata's configuration files are understood as they are; 'saya config migrate FILE'"
                        + " tells what becomes of each of their lines.");
        for (Section section : SHOWN) {
            file.section(section);
        }
        return file.text.toString();
    }

    private void section(Section section) {
        text.append('\n').append(section).append('\n');
        for (Option<?> option : OptionTable.all()) {
            if (option.section() == section && option.status() == Status.WORKS) {
                option(option);
            }
        }
        passedOver(
                section,
                Status.WITHOUT_EFFECT,
                "These keys of Kata's files are understood and change nothing (a warning in the log"
                        + " says so where one asks for something):");
        passedOver(
                section,
                Status.REFUSED,
                "These keys of Kata's files are refused where they ask for something:");
    }

    private void option(Option<?> option) {
        text.append('\n');
        comment(option.help());
        if (!option.type().range().isEmpty()) {
            comment("Expected: " + option.type().expected() + ".");
        }
        if (!option.annotation().isEmpty()) {
            comment("Annotation: io.katacontainers.config." + option.annotation());
        }
        if (option.hasComputedDefault()) {
            comment("Default: " + option.defaultText() + ". For example:");
        }
        text.append('#').append(option.key()).append(" = ").append(option.example()).append('\n');
    }

    private void passedOver(Section section, Status status, String heading) {
        boolean first = true;
        for (Option<?> option : OptionTable.all()) {
            if (option.section() == section && option.status() == status) {
                if (first) {
                    text.append('\n');
                    comment(heading);
                    first = false;
                }
                wrap("#   ", "#       ", option.key() + ": " + option.reason());
            }
        }
    }

    private void comment(String words) {
        wrap("# ", "# ", words);
    }

    private void wrap(String start, String further, String words) {
        StringBuilder line = new StringBuilder(start);
        boolean empty = true;
        for (String word : words.split(" ", -1)) {
            if (!empty && line.length() + 1 + word.length() > WIDTH) {
                text.append(line).append('\n');
                line = new StringBuilder(further);
                empty = true;
            }
            line.append(empty ? "" : " ").append(word);
            empty = false;
        }
        text.append(line).append('\n');
    }
}
