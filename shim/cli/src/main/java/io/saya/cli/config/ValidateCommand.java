package io.saya.cli.config;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.text.Tree;
import io.saya.config.ConfigException;
import io.saya.config.Problem;
import io.saya.config.Problem.Severity;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code saya config validate}. */
@Command(
        name = "validate",
        description = {
            "Check a configuration file and its drop-ins; print every problem as",
            "FILE:LINE:COLUMN: error|warning: TEXT on stderr.",
            "Exit code 0: containers can be started with it; there may be warnings."
        })
final class ValidateCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Parameters(
            arity = "0..1",
            paramLabel = "FILE",
            description = "The file. Default: the one in use.")
    private @Nullable Path file;

    @Option(names = "--json", description = "Print the problems on stdout, as JSON.")
    private boolean json;

    ValidateCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        List<Problem> problems = problems();
        boolean valid = problems.stream().noneMatch(p -> p.severity() == Severity.ERROR);
        if (json) {
            invocation.out().println(Tree.json(json(problems, valid)));
        } else {
            problems.forEach(invocation.err()::println);
        }
        return valid ? ExitCode.OK : ExitCode.FAILED;
    }

    private List<Problem> problems() {
        if (file != null) {
            return invocation.configLoader().validate(Invocation.existing(file));
        }
        try {
            return invocation.loadConfiguration().warnings();
        } catch (ConfigException e) {
            return e.problems();
        }
    }

    private static JsonObject json(List<Problem> problems, boolean valid) {
        List<JsonValue> all = new ArrayList<>();
        for (Problem problem : problems) {
            JsonObject.Builder one =
                    JsonObject.builder()
                            .put(
                                    "severity",
                                    problem.severity() == Severity.ERROR ? "error" : "warning");
            if (problem.source() instanceof Problem.Source.InFile place) {
                one.put("file", place.file().toString())
                        .put("line", place.position().line())
                        .put("column", place.position().column());
            } else {
                one.put("source", problem.source().toString());
            }
            all.add(one.put("text", problem.text()).build());
        }
        return JsonObject.builder().put("valid", valid).put("problems", new JsonArray(all)).build();
    }
}
