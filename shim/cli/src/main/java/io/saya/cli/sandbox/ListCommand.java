package io.saya.cli.sandbox;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.text.Table;
import io.saya.cli.text.Tree;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code saya list}. */
@Command(
        name = "list",
        description = {
            "List the sandboxes that live on this host.",
            "'left behind' is one whose daemon is gone: containerd's next look, or 'saya cleanup',"
                    + " removes it."
        })
public final class ListCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Option(
            names = {"-q", "--quiet"},
            description = "Only the ids.")
    private boolean quiet;

    @Option(names = "--json", description = "As JSON, with all that the daemons tell.")
    private boolean json;

    /** The command for one call. */
    public ListCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        List<KnownSandbox> all = new Sandboxes(invocation.runBase()).all();
        if (json) {
            invocation.out().println(Tree.json(json(all)));
        } else if (quiet) {
            all.forEach(sandbox -> invocation.out().println(sandbox.id()));
        } else {
            print(all);
        }
        return ExitCode.OK;
    }

    private void print(List<KnownSandbox> all) {
        Table table =
                new Table("SANDBOX", "NAMESPACE", "STATE", "CONTAINERS", "DAEMON", "QEMU", "SINCE");
        for (KnownSandbox sandbox : all) {
            JsonObject status = sandbox.status();
            table.row(
                    sandbox.id(),
                    sandbox.namespace(),
                    sandbox.state(),
                    status.members().isEmpty()
                            ? "-"
                            : String.valueOf(SandboxStatus.containers(status).size()),
                    sandbox.daemonPid() == 0 ? "-" : String.valueOf(sandbox.daemonPid()),
                    pid(status.integer("vmm_pid").orElse(0)),
                    since(status.integer("started_at").orElse(0)));
        }
        table.print(invocation.out());
    }

    private static String pid(long pid) {
        return pid == 0 ? "-" : String.valueOf(pid);
    }

    private static String since(long epochMillis) {
        return epochMillis == 0
                ? "-"
                : Instant.ofEpochMilli(epochMillis).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    static JsonArray json(List<KnownSandbox> sandboxes) {
        List<JsonValue> all = new ArrayList<>();
        for (KnownSandbox sandbox : sandboxes) {
            JsonObject.Builder one =
                    JsonObject.builder()
                            .put("id", sandbox.id())
                            .put("namespace", sandbox.namespace())
                            .put("run_directory", sandbox.runDirectory().toString())
                            .put("pid", sandbox.daemonPid());
            sandbox.status().members().forEach(one::put);
            all.add(one.put("state", sandbox.state()).build());
        }
        return new JsonArray(all);
    }
}
