package io.saya.cli.sandbox;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code saya metrics}. */
@Command(
        name = "metrics",
        description = {
            "Print the metrics of one sandbox in Prometheus' text format.",
            "'saya monitor' serves those of all to Prometheus."
        })
public final class MetricsCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Parameters(
            index = "0",
            paramLabel = "SANDBOX",
            description = "Its id, the beginning of it, or the id of one of its containers.")
    private String sandbox = "";

    @Parameters(
            index = "1..*",
            paramLabel = "FAMILY",
            arity = "0..*",
            description = "Only metrics whose names begin so.")
    private List<String> families = List.of();

    /** The command for one call. */
    public MetricsCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        KnownSandbox known = new Sandboxes(invocation.runBase()).named(sandbox);
        try {
            known.client()
                    .text("GET", "/metrics", "")
                    .lines()
                    .filter(this::isWanted)
                    .forEach(invocation.out()::println);
            return ExitCode.OK;
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.NO_SANDBOX, known.id() + " gives no metrics: " + e.getMessage());
        }
    }

    private boolean isWanted(String line) {
        String name =
                line.startsWith("# HELP ") || line.startsWith("# TYPE ") ? line.substring(7) : line;
        return families.isEmpty() || families.stream().anyMatch(name::startsWith);
    }
}
