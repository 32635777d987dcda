package io.saya.cli.config;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.text.Tree;
import io.saya.config.ConfigException;
import io.saya.config.Problem;
import io.saya.config.report.MigrationReport;
import io.saya.config.report.MigrationReport.Line;
import io.saya.config.report.MigrationReport.Outcome;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code saya config migrate}. */
@Command(
        name = "migrate",
        description = {
            "Tell what each line of a Kata configuration (Go or Rust runtime) comes to here, and what"
                    + " is lost.",
            "Kata's file can also be used as it is; drop-ins are files of their own.",
            "The exit code is 1 if a sandbox would not start with the file as it is, or with what it"
                    + " comes to."
        })
final class MigrateCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Parameters(paramLabel = "FILE", description = "Kata's configuration file.")
    private Path file = Path.of("");

    @Option(
            names = "--toml",
            description = "Print a configuration file for Saya; what is lost is told on stderr.")
    private boolean toml;

    @Option(names = "--json", description = "As JSON.")
    private boolean json;

    MigrateCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws IOException {
        MigrationReport report = MigrationReport.of(Invocation.existing(file));
        report.errors()
                .forEach(
                        error ->
                                invocation
                                        .err()
                                        .println(
                                                file
                                                        + ":"
                                                        + error.position().line()
                                                        + ":"
                                                        + error.position().column()
                                                        + ": error: "
                                                        + error.text()));
        if (json) {
            invocation.out().println(Tree.json(json(report)));
        } else if (toml) {
            invocation.out().print(report.toml());
            for (Line line : report.lines()) {
                if (isLoss(line.outcome())) {
                    invocation.err().println(file + ":" + line);
                }
            }
        } else {
            print(report);
        }
        return report.errors().isEmpty() && starts(report) ? ExitCode.OK : ExitCode.FAILED;
    }

    /** True if a sandbox starts with the file as it is and with what it comes to. */
    private boolean starts(MigrationReport report) {
        try {
            invocation.configLoader().parse(report.toml());
        } catch (ConfigException e) {
            for (Problem problem : e.problems()) {
                if (problem.severity() == Problem.Severity.ERROR) {
                    invocation.err().println("the result would not start: " + problem.text());
                }
            }
            return false;
        }
        return report.lines().stream().noneMatch(line -> isFault(line.outcome()));
    }

    private static boolean isFault(Outcome outcome) {
        return switch (outcome) {
            case REFUSED, INVALID -> true;
            case KEPT, RENAMED, NOT_NEEDED, LOST, UNKNOWN -> false;
        };
    }

    private void print(MigrationReport report) {
        Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);
        for (Line line : report.lines()) {
            counts.merge(line.outcome(), 1, Integer::sum);
            if (line.outcome() != Outcome.NOT_NEEDED) {
                invocation.out().println(file + ":" + line);
            }
        }
        StringBuilder summary = new StringBuilder();
        counts.forEach(
                (outcome, count) ->
                        summary.append(summary.isEmpty() ? "" : ", ")
                                .append(count)
                                .append(' ')
                                .append(name(outcome)));
        invocation.out().println(report.lines().size() + " keys: " + summary);
    }

    private static boolean isLoss(Outcome outcome) {
        return switch (outcome) {
            case LOST, REFUSED, INVALID, UNKNOWN -> true;
            case KEPT, RENAMED, NOT_NEEDED -> false;
        };
    }

    private static String name(Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static JsonObject json(MigrationReport report) {
        List<JsonValue> lines = new ArrayList<>();
        for (Line line : report.lines()) {
            lines.add(
                    JsonObject.builder()
                            .put("line", line.position().line())
                            .put("source", line.source())
                            .put("outcome", name(line.outcome()))
                            .put("section", line.target().isEmpty() ? "" : line.section().dotted())
                            .put("target", line.target())
                            .put("note", line.note())
                            .build());
        }
        return JsonObject.builder()
                .put("lines", new JsonArray(lines))
                .put("toml", report.toml())
                .build();
    }
}
