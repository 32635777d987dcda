package io.saya.cli;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code saya man}. */
@Command(
        name = "man",
        description = {
            "Print the manual page of a command, made of its help.",
            "",
            "  saya man check | man -l -             read one",
            "  saya man > /usr/share/man/man8/saya.8"
        })
final class ManCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Parameters(
            paramLabel = "COMMAND",
            arity = "0..*",
            description = "Words of the command; without any: saya itself.")
    private List<String> words = List.of();

    ManCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        CommandLine command = Main.commandLine(invocation);
        for (String word : words) {
            CommandLine next = command.getSubcommands().get(word);
            if (next == null) {
                throw new CommandFailure(
                        ExitCode.USAGE,
                        "'" + word + "' is no command of " + command.getCommandName());
            }
            command = next;
        }
        invocation.out().print(ManPage.of(command));
        return ExitCode.OK;
    }
}
