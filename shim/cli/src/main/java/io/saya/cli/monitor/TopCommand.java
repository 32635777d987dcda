package io.saya.cli.monitor;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.text.Table;
import io.saya.cli.text.Tree;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.monitor.MonitorOptions;
import io.saya.monitor.NodeMonitor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code saya top}: asks the sandboxes itself, so that no monitor need run. */
@Command(
        name = "top",
        description = {
            "Show what the sandboxes of this node use, again and again.",
            "CPU is in processors of the host; MEM is all that the sandbox holds on the host, and"
                    + " OVERHEAD what of it is not its containers'.",
            "Keys: n name, a age, m memory, c processor, s start, q ends it."
        })
public final class TopCommand implements Callable<Integer> {
    /** Between the two looks of {@code --once}: processor time is a difference. */
    private static final Duration BETWEEN = Duration.ofSeconds(1);

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Invocation invocation;

    @Option(names = "--once", description = "Print once, after a second, and end.")
    private boolean once;

    @Option(names = "--json", description = "As JSON; with --once only.")
    private boolean json;

    @Option(
            names = "--sort",
            paramLabel = "COLUMN",
            defaultValue = "cpu",
            description = "name, age, memory, cpu or start. Default: ${DEFAULT-VALUE}.")
    private TopOrder order = TopOrder.CPU;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            defaultValue = "3",
            description = "Between two looks, 1 to 3600. Default: ${DEFAULT-VALUE}.")
    private int interval = 3;

    @Option(
            names = "--runtime-endpoint",
            paramLabel = "SOCKET",
            defaultValue = "/run/containerd/containerd.sock",
            description = "containerd's socket, for the names of pods. Default: ${DEFAULT-VALUE}.")
    private Path runtimeEndpoint = Path.of("/");

    /** The command for one call. */
    public TopCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (json && !once) {
            throw new CommandFailure(ExitCode.USAGE, "--json needs --once");
        }
        if (interval < 1 || interval > 3600) {
            throw new CommandFailure(
                    ExitCode.USAGE, "--interval " + interval + " (expected: 1 to 3600)");
        }
        MonitorOptions options =
                MonitorOptions.of(invocation.runBase(), MonitorOptions.KATA, runtimeEndpoint);
        try (NodeMonitor monitor = NodeMonitor.start(options)) {
            monitor.scrapeAll(PATIENCE);
            if (once) {
                Thread.sleep(BETWEEN);
                monitor.scrapeAll(PATIENCE);
                List<JsonObject> rows = rows(monitor);
                if (json) {
                    invocation.out().println(Tree.json(new JsonArray(List.copyOf(rows))));
                } else {
                    print(rows, invocation.out());
                }
                return ExitCode.OK;
            }
            try (TopScreen screen = TopScreen.open()) {
                show(monitor, screen);
            }
            return ExitCode.OK;
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, String.valueOf(e.getMessage()));
        }
    }

    private void show(NodeMonitor monitor, TopScreen screen)
            throws IOException, InterruptedException {
        while (true) {
            StringWriter text = new StringWriter();
            print(rows(monitor), new PrintWriter(text));
            screen.show(text.toString());
            long next = System.nanoTime() + Duration.ofSeconds(interval).toNanos();
            int key = screen.key(Duration.ofNanos(next - System.nanoTime()));
            if (key == 'q' || key == TopScreen.INTERRUPT || key == TopScreen.END) {
                return;
            }
            for (TopOrder chosen : TopOrder.values()) {
                order = chosen.key() == key ? chosen : order;
            }
            monitor.refresh(Duration.ofSeconds(1));
        }
    }

    private List<JsonObject> rows(NodeMonitor monitor) {
        List<JsonObject> rows = new ArrayList<>(monitor.sandboxesJson().objects());
        rows.sort(order.comparator());
        return rows;
    }

    private static void print(List<JsonObject> rows, PrintWriter out) {
        double now = System.currentTimeMillis() / 1000.0;
        Table table = new Table(TopRow.HEADINGS);
        rows.forEach(row -> table.row(TopRow.cells(row, now)));
        table.print(out);
    }
}
