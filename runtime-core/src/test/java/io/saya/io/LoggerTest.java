package io.saya.io;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LoggerTest {
    private static final ContainerIdentity CONTAINER = new ContainerIdentity("k8s.io", "c1");

    @TempDir Path directory;
    private final ScriptedGuest guest = new ScriptedGuest();

    /** A logger that is a script; its first two arguments are the key "dir" and the directory. */
    private String logger(String scheme, String script) throws IOException {
        Path program = directory.resolve("logger");
        Files.writeString(program, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return scheme + "://" + program + "?dir=" + directory;
    }

    private ProcessStdio open(String uri) {
        return new HostStdio(directory.resolve("run"))
                .open(new TaskIo("", uri, uri, false), CONTAINER);
    }

    private Path file(String name) {
        return directory.resolve(name);
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        assertThat(Leftovers.descriptors(directory)).isEmpty();
        Leftovers.assertNone(directory);
        if (Files.exists(file("run"))) {
            try (Stream<Path> names = Files.list(file("run"))) {
                assertThat(names).isEmpty();
            }
        }
    }

    @Test
    void aLoggerGetsBothStreamsItsArgumentsAndItsEnvironment() throws Exception {
        String uri =
                logger(
                        "binary",
                        """
                        tr '\\0' '\\n' </proc/$$/environ | sort >"$2/env"
                        ls -l /proc/$$/fd | sed -n 's/.* \\([0-9]*\\) -> .*/\\1/p' >"$2/fds"
                        exec 5>&-
                        cat <&4 >"$2/err" &
                        cat <&3 >"$2/out"
                        wait
                        """);
        ProcessStdio stdio = open(uri);
        stdio.attach(guest);
        guest.stdout.print("to stdout\n").end();
        guest.stderr.print("to stderr\n").end();
        stdio.outputEnded().get(10, SECONDS);

        assertThat(file("out")).hasContent("to stdout");
        assertThat(file("err")).hasContent("to stderr");
        assertThat(Files.readAllLines(file("env")))
                .containsExactly("CONTAINER_ID=c1", "CONTAINER_NAMESPACE=k8s.io");
        assertThat(Files.readAllLines(file("fds"))).contains("0", "1", "2", "3", "4", "5");
        stdio.close();
    }

    @Test
    void aLoggerOfTheSecondVersionWritesAByte() throws Exception {
        ProcessStdio stdio = open(logger("binary-v2", "echo >&5; exec 4<&-; cat <&3 >\"$2/out\""));
        stdio.attach(guest);
        guest.stdout.print("x\n");
        guest.ends();
        stdio.outputEnded().get(10, SECONDS);

        assertThat(file("out")).hasContent("x");
        stdio.close();
    }

    /** As loggers do that are built with a library of containerd 2.3 or later. */
    @Test
    void aLoggerOfTheFirstVersionMayWriteAByteAsWell() throws Exception {
        ProcessStdio stdio =
                open(logger("binary", "echo >&5; exec 5>&-; exec 4<&-; cat <&3 >\"$2/out\""));
        stdio.attach(guest);
        guest.stdout.print("x\n");
        guest.ends();
        stdio.outputEnded().get(10, SECONDS);

        assertThat(file("out")).hasContent("x");
        stdio.close();
    }

    @Test
    void aLoggerOfTheSecondVersionThatOnlyClosesItsDescriptorIsNotReady() throws Exception {
        String uri = logger("binary-v2", "exec 5>&-; exec sleep 1000");

        assertThatThrownBy(() -> open(uri))
                .hasMessageContaining("closed descriptor 5 without a word");
    }

    @Test
    void whatALoggerPrintsBeforeItDiesIsInTheError() throws Exception {
        String uri =
                logger("binary-v2", "echo first; printf 'no \\033[31msuch table\\n' >&2; exit 1");

        assertThatThrownBy(() -> open(uri))
                .hasMessageContaining("it printed 'first no ?[31msuch table'");
    }

    @Test
    void aLoggerMayPrintAsMuchAsItLikes() throws Exception {
        ProcessStdio stdio =
                open(
                        logger(
                                "binary",
                                "exec 5>&-; yes | head -c 1000000; exec 4<&-;"
                                        + " cat <&3 >\"$2/out\""));
        stdio.attach(guest);
        guest.stdout.print("x\n");
        guest.ends();
        stdio.outputEnded().get(20, SECONDS);

        assertThat(file("out")).hasContent("x");
        stdio.close();
    }

    @Test
    void aLoggerThatDoesNotSayThatItIsReadyIsAFailure() throws Exception {
        String uri = logger("binary-v2", "exit 3");

        assertThatThrownBy(() -> open(uri))
                .isInstanceOfSatisfying(
                        RuntimeFailure.class,
                        e ->
                                assertThat(e.kind())
                                        .isEqualTo(RuntimeFailure.Kind.FAILED_PRECONDITION))
                .hasMessageContaining("logger " + file("logger") + " did not become ready");
    }

    @Test
    void aLoggerThatKeepsSilentIsGivenUpAndKilled() throws Exception {
        String uri = logger("binary", "echo $$ >\"$2/pid\"; exec sleep 1000");
        HostStdio host = new HostStdio(file("run"), StreamKeeping.NONE, Duration.ofMillis(500));

        assertThatThrownBy(() -> host.open(new TaskIo("", uri, uri, false), CONTAINER))
                .hasMessageContaining("nothing within 500 ms")
                .hasMessageContaining("that it closes descriptor 5");
        long pid = Long.parseLong(Files.readString(file("pid")).strip());
        ProcessHandle.of(pid).ifPresent(left -> left.onExit().orTimeout(10, SECONDS).join());
    }

    @Test
    void aLoggerThatDoesNotExistIsNamed() {
        assertThatThrownBy(() -> open("binary:///no/such/logger"))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("logger /no/such/logger (expected: an executable file)");
    }

    @Test
    void aLoggerThatDiesDoesNotStopTheProgram() throws Exception {
        ProcessStdio stdio = open(logger("binary", "exec 5>&-; head -c 1 <&3 >/dev/null; exit 1"));
        stdio.attach(new GuestProcess("seq 1 1000000; seq 1 100000 >&2"));

        stdio.outputEnded().get(30, SECONDS);
        stdio.close();
    }

    @Test
    void aLoggerThatStaysAfterItsEndIsTerminated() throws Exception {
        ProcessStdio stdio =
                open(
                        logger(
                                "binary",
                                "trap 'echo terminated >\"$2/end\"; exit 0' TERM; exec 5>&-;"
                                        + " cat <&3 >\"$2/out\"; while :; do sleep 0.1; done"));
        stdio.attach(guest);
        guest.stdout.print("x\n");
        guest.ends();

        stdio.outputEnded().get(20, SECONDS);
        assertThat(file("out")).hasContent("x");
        assertThat(file("end")).hasContent("terminated");
        stdio.close();
    }

    /** Nerdctl's ends when it has seen that the container has ended. */
    @Test
    void allIsWrittenBeforeALoggerHasEndedThatWaitsForTheExit() throws Exception {
        ProcessStdio stdio =
                open(
                        logger(
                                "binary",
                                "trap '' TERM; exec 5>&-; cat <&4 & cat <&3 >\"$2/out\"; wait;"
                                        + " until [ -e \"$2/exited\" ]; do sleep 0.1; done"));
        stdio.attach(guest);
        guest.stdout.print("x\n");
        guest.ends();

        stdio.outputWritten().get(10, SECONDS);
        Files.createFile(file("exited"));
        stdio.outputEnded().get(20, SECONDS);
        assertThat(file("out")).hasContent("x");
        stdio.close();
    }

    @Test
    void aLoggerThatReadsNothingIsNoReasonToWaitInDelete() throws Exception {
        ProcessStdio stdio = open(logger("binary", "exec 5>&-; exec sleep 1000"));
        stdio.attach(new GuestProcess("exec cat /dev/zero"));

        stdio.finish(Duration.ofMillis(300));

        assertThat(stdio.outputEnded()).isDone();
    }

    @Test
    void aLoggerThatIsWaitedForIsNoReasonToWaitInDelete() throws Exception {
        ProcessStdio stdio =
                open(
                        logger(
                                "binary",
                                "trap '' TERM; echo $$ >\"$2/pid\"; exec 5>&-; exec sleep 1000"));
        try {
            stdio.attach(guest.ends());

            stdio.finish(Duration.ofMillis(300));

            assertThat(stdio.outputEnded()).isDone();
        } finally {
            long pid = Long.parseLong(Files.readString(file("pid")).strip());
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    @Test
    void ofATerminalALoggerGetsStdoutOnly() throws Exception {
        String uri = logger("binary", "exec 5>&-; cat <&4 >\"$2/err\"; cat <&3 >\"$2/out\"");
        ProcessStdio stdio =
                new HostStdio(directory.resolve("run"))
                        .open(new TaskIo("", uri, "", true), CONTAINER);
        stdio.attach(guest);
        guest.stdout.print("x\n").end();
        stdio.outputEnded().get(10, SECONDS);

        assertThat(file("out")).hasContent("x");
        assertThat(file("err")).isEmptyFile();
        stdio.close();
    }
}
