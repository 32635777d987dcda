package io.saya.cli.install;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.check.HostRuntimeClass;
import io.saya.cli.host.HostFiles;
import io.saya.cli.install.ContainerManager.Effect;
import io.saya.config.ConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code saya install}. */
@Command(
        name = "install",
        description = {
            "Tell a container manager of this runtime: in a file of its own where the manager reads"
                    + " such files, else in a marked block, with a backup beside it.",
            "The manager is asked what it makes of that before it counts, and where it would forget"
                    + " something or cannot read it nothing is changed. Done twice, it changes nothing.",
            "What it does goes to stderr; to stdout goes a RuntimeClass for Kubernetes, with the"
                    + " overhead of pods on this host."
        })
public final class InstallCommand implements Callable<Integer> {
    private final Invocation invocation;
    private final HostFiles host;

    @Mixin private final ManagerOptions options = new ManagerOptions();

    /** The command for one call, on this host. */
    public InstallCommand(Invocation invocation) {
        this(invocation, new HostFiles(Path.of("/")));
    }

    InstallCommand(Invocation invocation, HostFiles host) {
        this.invocation = invocation;
        this.host = host;
    }

    @Override
    public Integer call() throws IOException, InterruptedException, ConfigException {
        for (ContainerManager manager : options.chosen(invocation, host)) {
            register(manager);
        }
        if (options.forKubernetes()) {
            invocation.out().print(HostRuntimeClass.of(invocation));
        }
        return ExitCode.OK;
    }

    private void register(ContainerManager manager) throws IOException, InterruptedException {
        Plan plan = manager.registration();
        plan.notes().forEach(note -> say(manager.name() + ": " + note));
        if (options.dryRun()) {
            plan.changes().forEach(change -> say("would " + change.text()));
            return;
        }
        plan.carryOut(this::say, manager::prove);
        if (plan.changes().isEmpty()) {
            say(manager.name() + " is registered; nothing was changed");
        }
        if (options.restart() && manager.effect() != Effect.KNOWN) {
            DaemonRestart.of(manager, HostPrograms.of(invocation.environment()), Effect.NOT_KNOWN);
        }
        conclude(manager);
    }

    private void conclude(ContainerManager manager) throws IOException {
        String command = String.join(" ", manager.reread());
        say(
                switch (manager.effect()) {
                    case KNOWN -> manager.name() + ": ready";
                    case NOT_KNOWN ->
                            manager.name()
                                    + " runs with its configuration of before; containers run on"
                                    + " during: "
                                    + command;
                    case NOT_RUNNING -> manager.name() + " does not run; it will know it then";
                    case UNKNOWN ->
                            manager.name() + " cannot be asked whether it knows it yet: " + command;
                });
    }

    private void say(String line) {
        invocation.err().println(line);
    }
}
