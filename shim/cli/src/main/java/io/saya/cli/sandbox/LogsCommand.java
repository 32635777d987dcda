package io.saya.cli.sandbox;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.text.Plain;
import io.saya.cli.text.Tree;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code saya logs SANDBOX}. */
@Command(
        name = "logs",
        description = {
            "Show the last lines of a living sandbox: the shim's log, the agent's, and the guest's"
                    + " console, merged by time.",
            "All of the shim's and the agent's log is in containerd's log and the system log (tag"
                    + " saya)."
        })
public final class LogsCommand implements Callable<Integer> {
    private static final long PAUSE_MILLIS = 500;

    private final Invocation invocation;

    @Parameters(
            paramLabel = "SANDBOX",
            description = "Its id, the beginning of it, or the id of one of its containers.")
    private String sandbox = "";

    @Option(
            names = {"-f", "--follow"},
            description = "Go on with new lines until the sandbox ends.")
    private boolean follow;

    @Option(names = "--json", description = "As JSON.")
    private boolean json;

    /** The command for one call. */
    public LogsCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        KnownSandbox known = new Sandboxes(invocation.runBase()).named(sandbox);
        JsonObject logs = known.client().json("/logs");
        if (json) {
            invocation.out().println(Tree.json(logs));
            return ExitCode.OK;
        }
        Set<JsonObject> shown = new HashSet<>();
        print(logs, shown);
        while (follow) {
            Thread.sleep(PAUSE_MILLIS);
            try {
                print(known.client().json("/logs"), shown);
            } catch (IOException _) {
                return ExitCode.OK; // The sandbox has ended.
            }
        }
        return ExitCode.OK;
    }

    /** Prints what has not been shown, and forgets what the daemon has forgotten. */
    private void print(JsonObject logs, Set<JsonObject> shown) {
        List<JsonObject> lines = merged(logs);
        for (JsonObject line : lines) {
            if (!shown.contains(line)) {
                invocation.out().println(text(line));
            }
        }
        shown.clear();
        shown.addAll(lines);
        invocation.out().flush();
    }

    /**
     * Sorts the lines of all sources by time; lines of one time keep the order in which they came.
     */
    static List<JsonObject> merged(JsonObject logs) {
        List<JsonObject> lines =
                new ArrayList<>(logs.array("lines").orElse(JsonArray.EMPTY).objects());
        lines.sort(Comparator.comparingLong(line -> line.integer("time").orElse(0)));
        return lines;
    }

    static String text(JsonObject line) {
        return String.format(
                Locale.ROOT,
                "%s %-7s %-5s %s",
                Instant.ofEpochMilli(line.integer("time").orElse(0)),
                line.string("source").orElse(""),
                line.string("level").orElse(""),
                Plain.line(line.string("text").orElse("")));
    }
}
