package io.saya.cli.config;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code saya config}: only a name for its subcommands. */
@Command(
        name = "config",
        description = "Show, check and bring along configurations.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n")
public final class ConfigCommand implements Callable<Integer> {
    private final Invocation invocation;

    private ConfigCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    /** The command with its subcommands. */
    public static CommandLine of(Invocation invocation) {
        return new CommandLine(new ConfigCommand(invocation))
                .addSubcommand(new ShowCommand(invocation))
                .addSubcommand(new ValidateCommand(invocation))
                .addSubcommand(new PathsCommand(invocation))
                .addSubcommand(new MigrateCommand(invocation));
    }

    @Override
    public Integer call() {
        invocation
                .err()
                .println("saya config: which of its commands? 'saya config --help' lists them");
        return ExitCode.USAGE;
    }
}
