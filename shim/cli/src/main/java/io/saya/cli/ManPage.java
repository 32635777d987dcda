package io.saya.cli;

import io.saya.cli.call.Version;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** A manual page, in the words of man(7), of what a command's help says. */
final class ManPage {
    private static final String SECTION = "8";

    private final CommandSpec command;
    private final StringBuilder out = new StringBuilder();

    private ManPage(CommandSpec command) {
        this.command = command;
    }

    static String of(CommandLine command) {
        ManPage page = new ManPage(command.getCommandSpec());
        page.write();
        return page.out.toString();
    }

    private void write() {
        String name = command.qualifiedName("-");
        UsageMessageSpec usage = command.usageMessage();
        List<String> description = lines(usage.header(), usage.description());
        out.append(
                ".TH \"%s\" %s \"\" \"Saya %s\"\n"
                        .formatted(
                                name.toUpperCase(Locale.ROOT), SECTION, text(Version.product())));
        section("NAME");
        line(text(name) + " \\- " + summary(description));
        section("SYNOPSIS");
        synopsis(usage);
        section("DESCRIPTION");
        description.forEach(this::paragraphOrExample);
        arguments();
        options();
        commands();
        exitCodes(usage.exitCodeList());
        footer(usage.footer());
        seeAlso();
    }

    /** The first sentence, without its full stop. */
    private static String summary(List<String> description) {
        String first = description.isEmpty() ? "" : description.getFirst();
        int end = first.indexOf(": ");
        String sentence = end < 0 ? first : first.substring(0, end);
        return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    }

    private static List<String> lines(String[]... parts) {
        return Arrays.stream(parts)
                .flatMap(Arrays::stream)
                .map(ManPage::plain)
                .map(ManPage::text)
                .toList();
    }

    private void synopsis(UsageMessageSpec usage) {
        String[] own = usage.customSynopsis();
        if (own.length > 0) {
            lines(own).forEach(this::line);
            return;
        }
        boolean parent = !command.subcommands().isEmpty();
        line(
                "\\fB"
                        + text(command.qualifiedName())
                        + "\\fR"
                        + (parent ? " COMMAND" : "")
                        + " [OPTIONS]"
                        + command.positionalParameters().stream()
                                .map(argument -> " " + text(label(argument)))
                                .collect(Collectors.joining()));
    }

    private static String label(PositionalParamSpec argument) {
        return argument.arity().min() == 0
                ? "[" + argument.paramLabel() + "]"
                : argument.paramLabel();
    }

    private void arguments() {
        List<PositionalParamSpec> shown =
                command.positionalParameters().stream().filter(spec -> !spec.hidden()).toList();
        if (!shown.isEmpty()) {
            section("ARGUMENTS");
            shown.forEach(argument -> item(text(argument.paramLabel()), argument));
        }
    }

    private void options() {
        section("OPTIONS");
        for (OptionSpec option : command.options()) {
            if (option.hidden()) {
                continue;
            }
            String value =
                    option.arity().max() == 0 ? "" : " \\fI" + text(option.paramLabel()) + "\\fR";
            String names =
                    Arrays.stream(option.names())
                            .map(name -> "\\fB" + text(name) + "\\fR")
                            .collect(Collectors.joining(", "));
            item(names + value, option);
        }
    }

    private void item(String title, ArgSpec argument) {
        line(".TP");
        line(title);
        String said =
                lines(argument.description()).stream()
                        .map(
                                line ->
                                        line.replace(
                                                "${DEFAULT\\-VALUE}",
                                                text(String.valueOf(argument.defaultValue()))))
                        .collect(Collectors.joining(" "));
        line(said);
    }

    private void commands() {
        if (command.subcommands().isEmpty()) {
            return;
        }
        section("COMMANDS");
        for (CommandLine each : children()) {
            line(".TP");
            line("\\fB" + text(each.getCommandName()) + "\\fR");
            line(summary(lines(each.getCommandSpec().usageMessage().description())) + ".");
        }
    }

    private List<CommandLine> children() {
        return command.subcommands().values().stream()
                .filter(each -> !each.getCommandSpec().usageMessage().hidden())
                .distinct()
                .toList();
    }

    private void exitCodes(Map<String, String> codes) {
        if (codes.isEmpty()) {
            return;
        }
        section("EXIT STATUS");
        codes.forEach(
                (code, meaning) -> {
                    line(".TP");
                    line(text(code.strip()));
                    line(text(meaning));
                });
    }

    private void footer(String[] footer) {
        if (footer.length > 0) {
            section("EXAMPLES");
            lines(footer).forEach(this::paragraphOrExample);
        }
    }

    private void seeAlso() {
        CommandSpec parent = command.parent();
        List<String> others =
                parent == null
                        ? children().stream()
                                .map(each -> each.getCommandSpec().qualifiedName("-"))
                                .toList()
                        : List.of(parent.qualifiedName("-"));
        section("SEE ALSO");
        line(
                Set.copyOf(others).stream()
                        .sorted()
                        .map(name -> "\\fB" + text(name) + "\\fR(" + SECTION + ")")
                        .collect(Collectors.joining(",\n")));
    }

    private void section(String title) {
        line(".SH " + title);
    }

    /** Lines that are indented are quoted as they are. */
    private void paragraphOrExample(String line) {
        if (line.startsWith("  ")) {
            line(".EX");
            line(line);
            line(".EE");
        } else {
            line(".PP");
            if (!line.isEmpty()) {
                line(line);
            }
        }
    }

    private void line(String line) {
        out.append(line).append('\n');
    }

    /** Without picocli's own marks. */
    private static String plain(String markup) {
        return Help.Ansi.OFF.string(markup);
    }

    /** Characters that roff would take for its own. */
    private static String text(String plain) {
        String escaped = plain.replace("\\", "\\e").replace("-", "\\-").replace("%n", "");
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }
}
