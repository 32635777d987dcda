package io.saya.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.json.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What all subcommands have in common. */
class SayaCommandTest {
    @TempDir Path directory;

    private Called saya(String... words) {
        return Called.saya(directory, Map.of(), words);
    }

    @Test
    void everyCommandExplainsItself() {
        PrintWriter nowhere = new PrintWriter(new StringWriter());
        CommandLine root = Main.commandLine(new Invocation(directory, Map.of(), nowhere, nowhere));
        List<CommandLine> all = new ArrayList<>(List.of(root));
        for (int i = 0; i < all.size(); i++) {
            CommandLine command = all.get(i);
            all.addAll(command.getSubcommands().values());
            assertThat(command.getUsageMessage(CommandLine.Help.Ansi.OFF))
                    .as(command.getCommandName())
                    .contains("--help", "--config");
            command.getCommandSpec()
                    .args()
                    .forEach(
                            arg ->
                                    assertThat(arg.description())
                                            .as(command.getCommandName() + " " + arg.paramLabel())
                                            .isNotEmpty());
        }
        assertThat(all).hasSizeGreaterThan(5);
    }

    @Test
    void helpGoesToStdoutAndIsNoFailure() {
        Called help = saya("--help");
        assertThat(help.exitCode()).isZero();
        assertThat(help.out()).contains("Commands:", "Exit codes:");
        assertThat(help.err()).isEmpty();
    }

    @Test
    void aCallWithoutSenseIsToldOnStderr() {
        assertThat(saya().exitCode()).isEqualTo(ExitCode.USAGE);
        Called unknown = saya("conifg");
        assertThat(unknown.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(unknown.out()).isEmpty();
        assertThat(unknown.err()).contains("conifg").contains("Try 'saya --help'");
        Called option = saya("config", "show", "--jsno");
        assertThat(option.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(option.err()).contains("--jsno").contains("Try 'saya config show --help'");
    }

    @Test
    void theDefaultPathsAreShownUnderKatasNameToo() {
        Called ours = saya("--show-default-config-paths");
        assertThat(ours.exitCode()).isZero();
        assertThat(ours.out().lines()).startsWith("/etc/saya/configuration.toml").hasSize(5);
        assertThat(saya("--kata-show-default-config-paths").out()).isEqualTo(ours.out());
    }

    @Test
    void completionIsAScriptWithAllCommands() {
        Called script = saya("completion");
        assertThat(script.exitCode()).isZero();
        assertThat(script.out()).contains("config", "validate", "complete -F");
    }

    @Test
    void eachCommandHasAManualPage() {
        assertThat(saya("man").out())
                .startsWith(".TH \"SAYA\" 8")
                .contains(".SH NAME\nsaya \\- Looks after a host", ".SH EXIT STATUS", "fBcheck");
        assertThat(saya("man", "config", "show").out())
                .contains("saya\\-config\\-show", "\\-\\-json", "fBsaya\\-config\\fR(8)");
        assertThat(saya("man", "monitor").out())
                .contains("Default: 127.0.0.1:8090.")
                .doesNotContain("${");
        assertThat(saya("man", "no").exitCode()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void theLogTellsWhatWasCalledAndHowItEnded() throws IOException {
        Path log = directory.resolve("saya.log");
        saya("version", "--log", log.toString());
        saya("version", "--log", log.toString(), "--log-format", "json");
        List<String> lines = Files.readAllLines(log);
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).startsWith("time=\"").contains("level=info msg=\"called\"");
        assertThat(Json.parseObject(lines.get(3)).string("exit_code")).hasValue("0");
    }

    @Test
    void aLogThatCannotBeWrittenIsSaidBeforeAnythingIsDone() {
        Called called = saya("version", "--log", directory.resolve("no/such/dir").toString());
        assertThat(called.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(called.err()).contains("--log").contains("no/such/dir");
        assertThat(called.out()).isEmpty();
    }
}
