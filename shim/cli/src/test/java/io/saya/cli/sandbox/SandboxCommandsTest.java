package io.saya.cli.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.cli.Called;
import io.saya.cli.call.ExitCode;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without a daemon: what a run directory alone tells. Living ones are tried with real VMs. */
class SandboxCommandsTest {
    @TempDir Path directory;

    private Called saya(String... words) {
        return Called.saya(directory, Map.of("SAYA_RUN_DIR", directory.toString()), words);
    }

    private void leaveBehind(String id) throws IOException {
        Path run = Files.createDirectory(directory.resolve(id + "-0123456789ab"));
        Files.writeString(
                run.resolve("record.json"),
                "{\"version\": 1, \"namespace\": \"none\", \"id\": \"" + id + "\"}");
    }

    @Test
    void aHostWithoutSandboxesHasAnEmptyList() {
        assertThat(saya("list").out().lines()).hasSize(1);
        assertThat(saya("list", "--json").out().strip()).isEqualTo("[]");
    }

    @Test
    void aSandboxWhoseDaemonIsGoneIsLeftBehind() throws IOException {
        leaveBehind("pod1");
        Files.createDirectory(directory.resolve("no-record"));
        assertThat(saya("list").out()).contains("pod1", "left behind").doesNotContain("no-record");
        assertThat(saya("list", "-q").out()).isEqualTo("pod1\n");
        assertThat(saya("ps", "pod1").out()).contains("Sandbox pod1, left behind");
    }

    /** Any user of the host can start a program with the words of a daemon. */
    @Test
    void aProgramWithADaemonsWordsIsNoDaemon() throws Exception {
        leaveBehind("pod1");
        Process program =
                new ProcessBuilder(
                                "sh",
                                "-c",
                                "read line",
                                "io.saya.shim.Main",
                                "daemon",
                                "-namespace",
                                "none",
                                "-id",
                                "pod1")
                        .start();
        try {
            assertThat(saya("list").out()).contains("left behind").doesNotContain("booting");
            assertThat(saya("ps", "pod1").out())
                    .doesNotContain(String.valueOf(program.pid()))
                    .doesNotContain(" daemon ");
        } finally {
            program.getOutputStream().close();
            program.waitFor();
        }
    }

    @Test
    void theRecordedProcessIsTheDaemonAndItsChildrenAreTheSandboxs() throws Exception {
        leaveBehind("pod1");
        long self = ProcessHandle.current().pid();
        journal("process " + self + " " + startTime(self) + " daemon\n");
        Process child = new ProcessBuilder("sh", "-c", "read line").start();
        try {
            assertThat(saya("list").out()).containsPattern("pod1 .*booting .* " + self + " ");
            assertThat(saya("ps", "pod1").out())
                    .containsPattern("(?m)^" + self + " +daemon ")
                    .containsPattern("(?m)^" + child.pid() + " +daemon ");
        } finally {
            child.getOutputStream().close();
            child.waitFor();
        }
    }

    @Test
    void aProcessThatStartedAtAnotherTimeIsAnother() throws Exception {
        leaveBehind("pod1");
        long self = ProcessHandle.current().pid();
        journal("process " + self + " 1 daemon\n");
        assertThat(saya("list").out()).contains("left behind");
        assertThat(saya("ps", "pod1").out()).doesNotContain(String.valueOf(self));
    }

    /** The launcher of the installation is asked; a kernel that has it is in few places. */
    @Test
    void withWhomASandboxSharesItsCoresIsSaid() throws Exception {
        leaveBehind("pod1");
        assertThat(saya("ps", "pod1").out()).doesNotContain("Cores:");
        long self = ProcessHandle.current().pid();
        journal("process " + self + " " + startTime(self) + " daemon\n");
        assertThat(saya("ps", "pod1").out()).contains("Cores: not known: ");
        launcher("echo saya: cores: no such thing >&2; exit 1");
        assertThat(saya("ps", "pod1").out()).contains("Cores: not known: no such thing\n");
        launcher("echo $2 0");
        assertThat(saya("ps", "pod1").out()).contains("Cores: shared with others: containerd");
        launcher("echo ${2%%,*} feed; echo 7 feed");
        assertThat(saya("ps", "pod1").out()).contains("Cores: its own, by mark feed\n");
        assertThat(saya("ps", "pod1", "--json").out()).contains("its own, by mark feed");
        launcher("echo 7 feed; echo 8 0");
        assertThat(saya("ps", "pod1").out()).contains("Cores: not all by one mark: 7 feed, 8 0\n");
        launcher("true");
        assertThat(saya("ps", "pod1").out()).doesNotContain("Cores:");
    }

    private void launcher(String script) throws IOException {
        Path program =
                Files.createDirectories(directory.resolve("bin"))
                        .resolve("containerd-shim-saya-v2");
        Files.writeString(program, "#!/bin/sh\n" + script + "\n");
        assertThat(program.toFile().setExecutable(true)).isTrue();
    }

    private void journal(String lines) throws IOException {
        Files.writeString(directory.resolve("pod1-0123456789ab/guard.journal"), lines);
    }

    private static String startTime(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19];
    }

    /** Not only in tables: whatever a command prints goes through one writer. */
    @Test
    void noCommandPrintsWhatSteersATerminal() throws IOException {
        Path run = Files.createDirectory(directory.resolve("evil-0123456789ab"));
        Files.writeString(
                run.resolve("record.json"),
                "{\"version\": 1, \"namespace\": \"none\", \"id\": \"evil\\u001b[2J\\u0007\\u009b\"}");
        assertThat(saya("list", "-q").out()).isEqualTo("evil?[2J??\n");
        assertThat(saya("ps", "evil").out()).contains("Sandbox evil?[2J??, left behind");
        assertThat(saya("ps", "\u001b[31m").err()).contains("no sandbox '?[31m'");
    }

    @Test
    void whatIsNotThereOrNotUniqueIsSaid() throws IOException {
        leaveBehind("pod1");
        leaveBehind("pod2");
        Called none = saya("ps", "other");
        assertThat(none.exitCode()).isEqualTo(ExitCode.NO_SANDBOX);
        assertThat(none.err()).contains("no sandbox 'other'");
        Called both = saya("logs", "pod");
        assertThat(both.exitCode()).isEqualTo(ExitCode.NO_SANDBOX);
        assertThat(both.err()).contains("pod1 pod2");
    }

    @Test
    void logsAreMergedByTime() {
        JsonObject logs =
                Json.parseObject(
                        """
                        {"lines": [{"time": 2000, "source": "shim", "level": "info", "text": "second"},
                                   {"time": 1000, "source": "console", "level": "", "text": "first\\u001b[2J"}]}
                        """);
        assertThat(LogsCommand.merged(logs).stream().map(LogsCommand::text))
                .containsExactly(
                        "1970-01-01T00:00:01Z console       first?[2J",
                        "1970-01-01T00:00:02Z shim    info  second");
    }
}
