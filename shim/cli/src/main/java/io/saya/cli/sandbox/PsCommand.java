package io.saya.cli.sandbox;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.text.Table;
import io.saya.cli.text.Tree;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code saya ps SANDBOX}. */
@Command(
        name = "ps",
        description = {
            "Show what a sandbox consists of: containers and execs in the guest, processes on the"
                    + " host, and how long its start took."
        })
public final class PsCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Parameters(
            paramLabel = "SANDBOX",
            description = "Its id, the beginning of it, or the id of one of its containers.")
    private String sandbox = "";

    @Option(names = "--json", description = "As JSON.")
    private boolean json;

    /** The command for one call. */
    public PsCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        KnownSandbox known = new Sandboxes(invocation.runBase()).named(sandbox);
        List<HostProcesses.Found> family =
                HostProcesses.of(Sandboxes.journal(known.runDirectory()));
        String cores = SharedCores.of(invocation.installation(), family);
        if (json) {
            JsonObject one = (JsonObject) ListCommand.json(List.of(known)).values().getFirst();
            invocation
                    .out()
                    .println(
                            Tree.json(
                                    one.toBuilder()
                                            .put("host", host(family))
                                            .put("cores", cores)
                                            .build()));
        } else {
            print(known, family, cores);
        }
        return ExitCode.OK;
    }

    private void print(KnownSandbox known, List<HostProcesses.Found> family, String cores) {
        JsonObject status = known.status();
        invocation.out().println("Sandbox " + known.id() + ", " + known.state());
        if (!status.members().isEmpty()) {
            invocation
                    .out()
                    .println(
                            "Agent "
                                    + status.string("agent").orElse("")
                                    + "; configuration "
                                    + status.string("configuration").orElse(""));
        }
        status.integer("restarts")
                .ifPresent(
                        count -> {
                            if (count > 0) {
                                invocation.out().println("Daemons that died before: " + count);
                            }
                        });
        invocation.out().println();
        Table inside = new Table("CONTAINER", "EXEC", "STATE", "EXIT");
        for (JsonObject process : SandboxStatus.processes(status)) {
            var exit = process.integer("exit_status");
            inside.row(
                    process.string("container").orElse(""),
                    process.string("exec").orElse(""),
                    process.string("state").orElse(""),
                    exit.isPresent() ? String.valueOf(exit.getAsLong()) : "");
        }
        inside.print(invocation.out());
        invocation.out().println();
        Table outside = new Table("PID", "ON THE HOST", "RESIDENT MIB");
        for (HostProcesses.Found process : family) {
            outside.row(
                    String.valueOf(process.pid()),
                    process.role(),
                    String.valueOf(HostProcesses.residentKib(process.pid()) / 1024));
        }
        outside.print(invocation.out());
        if (!cores.isEmpty()) {
            invocation.out().println("Cores: " + cores);
        }
        if (!SandboxStatus.phases(status).isEmpty()) {
            invocation.out().println();
            Table start = new Table("PHASE OF THE START", "MS");
            for (JsonObject phase : SandboxStatus.phases(status)) {
                start.row(
                        phase.string("phase").orElse(""),
                        String.valueOf(phase.integer("ms").orElse(0)));
            }
            start.print(invocation.out());
            invocation.out().println();
            invocation
                    .out()
                    .println(
                            "The guest "
                                    + (status.string("origin").orElse("").equals("restored")
                                            ? "was restored from a template"
                                            : "booted")
                                    + "; template: "
                                    + status.string("template").orElse("not known"));
        }
    }

    private static JsonArray host(List<HostProcesses.Found> family) {
        List<JsonValue> all = new ArrayList<>();
        for (HostProcesses.Found process : family) {
            all.add(
                    JsonObject.builder()
                            .put("pid", process.pid())
                            .put("role", process.role())
                            .put("resident_kib", HostProcesses.residentKib(process.pid()))
                            .build());
        }
        return new JsonArray(all);
    }
}
