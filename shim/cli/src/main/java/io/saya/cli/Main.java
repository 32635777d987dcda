package io.saya.cli;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.check.CheckCommand;
import io.saya.cli.cleanup.CleanupCommand;
import io.saya.cli.collect.CollectCommand;
import io.saya.cli.config.ConfigCommand;
import io.saya.cli.env.EnvCommand;
import io.saya.cli.factory.FactoryCommand;
import io.saya.cli.install.InstallCommand;
import io.saya.cli.install.UninstallCommand;
import io.saya.cli.monitor.MonitorCommand;
import io.saya.cli.monitor.TopCommand;
import io.saya.cli.sandbox.ExecCommand;
import io.saya.cli.sandbox.ListCommand;
import io.saya.cli.sandbox.LogLevelCommand;
import io.saya.cli.sandbox.LogsCommand;
import io.saya.cli.sandbox.MetricsCommand;
import io.saya.cli.sandbox.PsCommand;
import io.saya.cli.sandbox.UpgradeCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Entry of the operator's command. */
public final class Main {

    private Main() {}

    /** Every subcommand, in the order in which {@code saya --help} lists them. */
    private static List<Object> subcommands(Invocation invocation) {
        return List.of(
                new CheckCommand(invocation),
                new InstallCommand(invocation),
                new UninstallCommand(invocation),
                new EnvCommand(invocation),
                ConfigCommand.of(invocation),
                new ListCommand(invocation),
                new PsCommand(invocation),
                new TopCommand(invocation),
                new MetricsCommand(invocation),
                new MonitorCommand(invocation),
                new LogsCommand(invocation),
                new LogLevelCommand(invocation),
                new ExecCommand(invocation),
                new UpgradeCommand(invocation),
                FactoryCommand.of(invocation),
                new CollectCommand(invocation, Main::run),
                new CleanupCommand(invocation),
                new CompletionCommand(invocation),
                new ManCommand(invocation),
                new VersionCommand(invocation));
    }

    /** Runs the command and ends the JVM with its {@link ExitCode}. */
    public static void main(String[] words) {
        PrintWriter out = writer(new FileOutputStream(FileDescriptor.out));
        PrintWriter err = writer(new FileOutputStream(FileDescriptor.err));
        Path installation = Path.of(System.getProperty("saya.home", "/usr"));
        int exitCode = run(new Invocation(installation, System.getenv(), out, err), words);
        out.flush();
        err.flush();
        Runtime.getRuntime().halt(exitCode);
    }

    /** The command as a function, for tests. */
    public static int run(Invocation invocation, String... words) {
        return commandLine(invocation).execute(words);
    }

    /** The command with all its subcommands. */
    static CommandLine commandLine(Invocation invocation) {
        CommandLine commandLine = new CommandLine(new SayaCommand(invocation));
        for (Object subcommand : subcommands(invocation)) {
            commandLine.addSubcommand(subcommand);
        }
        commandLine
                .getCommandSpec()
                .addOption(
                        OptionSpec.builder("-V", "--version")
                                .versionHelp(true)
                                .description("Show the version.")
                                .build());
        addHelp(commandLine);
        return commandLine
                .setOut(invocation.out())
                .setErr(invocation.err())
                // The writers take colours out.
                .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                .setUsageHelpWidth(100)
                .setUsageHelpLongOptionsMaxWidth(30)
                .setAbbreviatedOptionsAllowed(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionStrategy(parsed -> CommandLog.during(invocation, parsed))
                .setParameterExceptionHandler(
                        (problem, words) -> Failures.badCall(problem, invocation))
                .setExecutionExceptionHandler(
                        (failure, command, parsed) -> Failures.failed(failure, invocation));
    }

    private static void addHelp(CommandLine command) {
        command.getCommandSpec()
                .addOption(
                        OptionSpec.builder("-h", "--help")
                                .usageHelp(true)
                                .description("Show this help.")
                                .build());
        // A subcommand stands there once for each of its names.
        Set.copyOf(command.getSubcommands().values()).forEach(Main::addHelp);
    }

    private static PrintWriter writer(OutputStream stream) {
        return new PrintWriter(stream, false, StandardCharsets.UTF_8);
    }
}
