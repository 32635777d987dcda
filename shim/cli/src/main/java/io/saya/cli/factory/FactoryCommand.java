package io.saya.cli.factory;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code saya factory}: only a name for its subcommands, which are Kata's. */
@Command(
        name = "factory",
        description = "Make, show and remove the templates that VMs start from.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n")
public final class FactoryCommand implements Callable<Integer> {
    private final Invocation invocation;

    private FactoryCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    /** The command with its subcommands. */
    public static CommandLine of(Invocation invocation) {
        return new CommandLine(new FactoryCommand(invocation))
                .addSubcommand(new InitCommand(invocation))
                .addSubcommand(new StatusCommand(invocation))
                .addSubcommand(new DestroyCommand(invocation));
    }

    @Override
    public Integer call() {
        invocation
                .err()
                .println("saya factory: which of its commands? 'saya factory --help' lists them");
        return ExitCode.USAGE;
    }
}
