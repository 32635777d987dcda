package io.saya.cli.install;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.host.HostFiles;
import io.saya.cli.install.ContainerManager.Effect;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code saya uninstall}. */
@Command(
        name = "uninstall",
        description = {
            "Take back what 'saya install' told container managers: their files are, byte for byte,"
                    + " what they were, and what was written to them since stays.",
            "Containers that run are not touched. The link in /usr/local/bin goes with the last"
                    + " registration."
        })
public final class UninstallCommand implements Callable<Integer> {
    private final Invocation invocation;
    private final HostFiles host;

    @Mixin private final ManagerOptions options = new ManagerOptions();

    @Option(names = "--all", description = "Every container manager.")
    private boolean all;

    /** The command for one call, on this host. */
    public UninstallCommand(Invocation invocation) {
        this(invocation, new HostFiles(Path.of("/")));
    }

    UninstallCommand(Invocation invocation, HostFiles host) {
        this.invocation = invocation;
        this.host = host;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<ContainerManager> everyone = options.all(invocation, host, false);
        List<ContainerManager> chosen = all ? everyone : options.chosen(invocation, host);
        for (ContainerManager manager : chosen) {
            take(manager, manager.removal());
        }
        List<String> others = new ArrayList<>();
        for (ContainerManager manager : everyone) {
            if (!chosen.contains(manager) && manager.registered()) {
                others.add(manager.name());
            }
        }
        ShimLink link = ShimLink.of(host, invocation.installation());
        if (others.isEmpty()) {
            perform(new Plan(link.removed().stream().toList(), List.of()));
        } else {
            say("the shim's name stays, for " + String.join(", ", others));
        }
        return ExitCode.OK;
    }

    private void take(ContainerManager manager, Plan plan)
            throws IOException, InterruptedException {
        plan.notes().forEach(note -> say(manager.name() + ": " + note));
        if (plan.changes().isEmpty()) {
            if (!all && !manager.reread().isEmpty()) {
                say(manager.name() + ": nothing of saya install is there");
            }
            return;
        }
        perform(plan);
        if (options.dryRun()) {
            return;
        }
        if (options.restart()) {
            DaemonRestart.of(manager, HostPrograms.of(invocation.environment()), Effect.KNOWN);
        } else {
            say(
                    manager.name()
                            + " forgets the runtime when it reads its configuration: "
                            + String.join(" ", manager.reread()));
        }
    }

    private void perform(Plan plan) throws IOException {
        if (options.dryRun()) {
            plan.changes().forEach(change -> say("would " + change.text()));
        } else {
            plan.carryOut(this::say, () -> {});
        }
    }

    private void say(String line) {
        invocation.err().println(line);
    }
}
