package io.saya.cli;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code saya completion}. */
@Command(
        name = "completion",
        description = {
            "Print a script that completes words of this command in bash and zsh.",
            "",
            "  . <(saya completion)                                     in this shell",
            "  saya completion > /etc/bash_completion.d/saya            for everybody"
        })
final class CompletionCommand implements Callable<Integer> {
    private final Invocation invocation;

    CompletionCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        CommandLine complete = Main.commandLine(invocation);
        invocation.out().print(AutoComplete.bash("saya", complete));
        return ExitCode.OK;
    }
}
