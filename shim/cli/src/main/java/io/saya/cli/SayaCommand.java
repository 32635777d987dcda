package io.saya.cli;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.call.Version;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code saya} itself, without a subcommand. */
@Command(
        name = "saya",
        versionProvider = Version.class,
        header = "Looks after a host whose containers run in virtual machines of their own.",
        synopsisHeading = "%n",
        customSynopsis = "saya [--config FILE] COMMAND [OPTIONS] [ARGUMENTS]",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions (of every command):%n",
        footerHeading = "%nBegin with:%n",
        footer = {
            "  saya check                  can this host run containers, and what is to be done?",
            "  saya config show            every setting in effect, and where it comes from",
            "  saya list                   the sandboxes that live on this host",
            "",
            "'saya COMMAND --help' tells more about a command."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:Done; of a question: yes.",
            "1:Not done; of a question: no (the host cannot run containers, a file has errors).",
            "2:The call makes no sense.",
            "3:There is no such sandbox, or it cannot be asked."
        })
final class SayaCommand implements Callable<Integer> {
    @Mixin private final Invocation invocation;

    @Option(
            names = {"--show-default-config-paths", "--kata-show-default-config-paths"},
            description = "Show the default paths of the configuration, first to last, and end.")
    private boolean showDefaultConfigPaths;

    SayaCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        if (showDefaultConfigPaths) {
            for (Path path : invocation.configLoader().searchOrder().defaultPaths()) {
                invocation.out().println(path);
            }
            return ExitCode.OK;
        }
        invocation.err().println("saya: which command? 'saya --help' lists them");
        return ExitCode.USAGE;
    }
}
