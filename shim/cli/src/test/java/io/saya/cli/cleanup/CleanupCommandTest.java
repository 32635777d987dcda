package io.saya.cli.cleanup;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.cli.Called;
import io.saya.cli.call.ExitCode;
import io.saya.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CleanupCommandTest {
    @TempDir Path directory;

    private Path runBase = Path.of("/nowhere");

    @BeforeEach
    void makeRunBase() throws IOException {
        runBase = Files.createDirectory(directory.resolve("run"));
        Files.createDirectories(directory.resolve("bin"));
    }

    @Test
    void aHostWithoutRunDirectoriesIsClean() {
        assertThat(saya().out()).startsWith("Nothing is left");
    }

    @Test
    void onlyWhatHasNoLivingGuardIsListed() throws IOException {
        long self = ProcessHandle.current().pid();
        sandbox("alive-0123", "process %d %s guard".formatted(self, startTime(self)));
        sandbox("dead-0123", "process %d 1 guard\nmount /no/such/mount".formatted(self));
        sandbox("reaped-0123", "process 4711 5 guard\nreaped 4711");
        Files.writeString(runBase.resolve("kvm-probe.json"), "{}");

        Called called = saya();

        assertThat(called.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(called.out())
                .contains("dead-0123", "reaped-0123", "Nothing was removed")
                .doesNotContain("alive", "kvm-probe");
    }

    /** A guard that finds no room leaves half a line; that must not hide what others have left. */
    @Test
    void aJournalThatIsTornHidesNothing() throws IOException {
        sandbox("other-0123", "process 1 1 guard");
        List<String> torn =
                List.of("reaped", "reaped x", "process x 1 q", "mount", "process 99999999999 1 q");
        for (String line : torn) {
            sandbox("torn" + torn.indexOf(line) + "-0123", "socket /s\n" + line);
        }
        assertThat(saya().out()).contains("other-0123", "torn0-0123", "torn4-0123");
    }

    @Test
    void aLineThatWasCutIsNone() throws IOException {
        long self = ProcessHandle.current().pid();
        sandbox("cut-0123", "process %1$d %2$s qemu".formatted(self, startTime(self)));
        Path journal = runBase.resolve("cut-0123/guard.journal");
        Files.writeString(journal, "reaped " + self, StandardOpenOption.APPEND);
        assertThat(saya().out()).contains("qemu (" + self + ")");
    }

    @Test
    void aJournalThatIsNoTextHidesNothing() throws IOException {
        sandbox("other-0123", "process 1 1 guard");
        sandbox("bytes-0123", "socket /s");
        Files.write(runBase.resolve("bytes-0123/guard.journal"), new byte[] {(byte) 0xff, '\n'});
        assertThat(saya().out()).contains("other-0123", "bytes-0123");
    }

    @Test
    void aRecordedProcessThatStillRunsIsNamedAndNoOther() throws IOException {
        long self = ProcessHandle.current().pid();
        sandbox(
                "s1-0123",
                "process %1$d %2$s qemu\nprocess 1 1 virtiofsd".formatted(self, startTime(self)));
        Files.writeString(runBase.resolve("s1-0123/record.json"), "{\"id\":\"the-sandbox\"}");

        assertThat(saya().out())
                .contains("the-sandbox", "qemu (" + self + ")")
                .doesNotContain("virtiofsd");
    }

    /**
     * The launcher's test undoes each of them; here they are found, whatever version wrote them.
     */
    @Test
    void statesOfOtherVersionsAreFoundByTheirSandboxesIds() throws IOException {
        Path states = Path.of("../../packaging/launcher/test/states");
        List<Path> all;
        try (var entries = Files.list(states)) {
            all = entries.filter(Files::isDirectory).toList();
        }
        assertThat(all).hasSizeGreaterThan(3);
        for (Path state : all) {
            Path copy = Files.createDirectory(runBase.resolve("copy-0123456789ab"));
            try (var files = Files.list(state)) {
                for (Path file : files.toList()) {
                    Files.copy(file, copy.resolve(file.getFileName()));
                }
            }
            String id =
                    Json.parseObject(Files.readString(state.resolve("record.json")))
                            .string("id")
                            .orElse("none");
            // Their processes' numbers are taken by others, who are not named.
            assertThat(saya().out())
                    .as(state.toString())
                    .containsPattern("(?m)^" + id + " +- +0 +" + copy + "$");
            try (var files = Files.list(copy)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(copy);
        }
    }

    @Test
    void theLauncherRemovesWhenAskedTo() throws IOException {
        sandbox("s1-0123", "");
        launcher("[ \"$*\" = \"-bundle $SAYA_RUN_DIR/s1-0123 cleanup\" ] && rm -r \"$2\"");

        Called called = saya("--yes");

        assertThat(called.exitCode()).as(called.err()).isEqualTo(ExitCode.OK);
        assertThat(called.out()).contains("Removed " + runBase.resolve("s1-0123"));
        assertThat(runBase.resolve("s1-0123")).doesNotExist();
    }

    @Test
    void whatCannotBeRemovedIsAFailureWithItsReason() throws IOException {
        sandbox("s1-0123", "");
        launcher("echo 'its guard lives' >&2; exit 3");

        Called called = saya("--force");

        assertThat(called.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(called.err()).contains("its guard lives");
    }

    private Called saya(String... words) {
        String[] all = new String[words.length + 1];
        all[0] = "cleanup";
        System.arraycopy(words, 0, all, 1, words.length);
        return Called.saya(directory, Map.of("SAYA_RUN_DIR", runBase.toString()), all);
    }

    private void sandbox(String name, String journal) throws IOException {
        Files.createDirectory(runBase.resolve(name));
        if (!journal.isEmpty()) {
            Files.writeString(runBase.resolve(name + "/guard.journal"), journal + "\n");
        }
    }

    private void launcher(String script) throws IOException {
        Path file = directory.resolve("bin/containerd-shim-saya-v2");
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static String startTime(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19];
    }
}
