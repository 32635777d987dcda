package io.saya.io;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.saya.event.TaskIo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class FifoOutputTest {
    private static final ContainerIdentity CONTAINER = new ContainerIdentity("test", "c1");

    @TempDir Path directory;
    private Path stdout;
    private Path stderr;
    private ProcessStdio stdio;

    @BeforeEach
    void openFifos() throws Exception {
        stdout = Peers.fifo(directory, "stdout");
        stderr = Peers.fifo(directory, "stderr");
        stdio = open(stdout, stderr);
    }

    private ProcessStdio open(Path out, Path err) {
        return new HostStdio(directory)
                .open(new TaskIo("", out.toString(), err.toString(), false), CONTAINER);
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        stdio.close();
        assertThat(Leftovers.descriptors(directory)).isEmpty();
        Leftovers.assertNone(directory);
    }

    @Test
    void aMillionLinesArriveCompleteAndInOrder() throws Exception {
        CompletableFuture<String> out = Peers.output("sha256sum <\"$1\"", stdout);
        CompletableFuture<String> err = Peers.output("sha256sum <\"$1\"", stderr);

        stdio.attach(new GuestProcess("seq 1 1000000; seq 1 200000 >&2"));

        assertThat(out.get()).isEqualTo(Peers.run("sh", "-c", "seq 1 1000000 | sha256sum"));
        assertThat(err.get()).isEqualTo(Peers.run("sh", "-c", "seq 1 200000 | sha256sum"));
        stdio.outputEnded().get(10, SECONDS);
    }

    @Test
    void largeChunksArriveThroughAReaderThatTakesItsTime() throws Exception {
        CompletableFuture<String> out =
                Peers.output(
                        "(dd bs=1000 count=200 2>/dev/null; sleep 0.3; cat) <\"$1\" | sha256sum",
                        stdout);
        ScriptedGuest guest = new ScriptedGuest();
        byte[] megabyte = new byte[1 << 20];
        for (int i = 0; i < 20; i++) {
            Arrays.fill(megabyte, (byte) i);
            guest.stdout.print(ByteString.copyFrom(megabyte));
        }
        CompletableFuture<String> err = Peers.output("cat <\"$1\"", stderr);
        stdio.attach(guest.ends());

        stdio.outputEnded().get(30, SECONDS);
        assertThat(err.get()).isEmpty();
        assertThat(out.get())
                .isEqualTo(
                        Peers.run(
                                "sh",
                                "-c",
                                "for i in 0 1 2 3 4 5 6 7 10 11 12 13 14 15 16 17 20 21 22 23; do"
                                        + " head -c 1048576 /dev/zero | tr '\\0' \"\\\\$i\"; done |"
                                        + " sha256sum"));
    }

    @Test
    void whatAProcessPrintedBeforeTheClientCameIsThereWhenItComes() throws Exception {
        stdio.attach(new GuestProcess("echo last words; echo oops >&2"));
        stdio.outputRead().get(10, SECONDS);
        assertThat(stdio.outputWritten()).isNotDone();
        assertThat(stdio.outputEnded()).isNotDone();

        assertThat(Peers.output("cat \"$1\"", stdout).get()).isEqualTo("last words\n");
        assertThat(Peers.output("cat \"$1\"", stderr).get()).isEqualTo("oops\n");
        stdio.outputEnded().get(10, SECONDS);
    }

    @Test
    void aClientThatComesAfterASilentProcessHasEndedFindsTheEnd() throws Exception {
        stdio.attach(new ScriptedGuest().ends());
        stdio.outputRead().get(10, SECONDS);

        assertThat(Peers.output("cat \"$1\" \"$2\"", stdout, stderr).get()).isEmpty();
        stdio.outputEnded().get(10, SECONDS);
    }

    @Test
    void aClientThatComesBackFindsTheRest() throws Exception {
        CompletableFuture<String> first = Peers.output("head -c 6 <\"$1\"", stdout);
        ScriptedGuest guest = new ScriptedGuest();
        stdio.attach(guest);
        guest.stdout.print("first\n");
        assertThat(first.get()).isEqualTo("first\n");

        guest.stdout.print("second\n").print("third\n");
        CompletableFuture<String> second = Peers.output("cat \"$1\" \"$2\"", stdout, stderr);
        guest.ends();

        assertThat(second.get()).isEqualTo("second\nthird\n");
        stdio.outputEnded().get(10, SECONDS);
    }

    @Test
    void outputOfAProcessThatEndsWhileItsClientIsAwayWaitsForIt() throws Exception {
        CompletableFuture<String> first = Peers.output("head -c 6 <\"$1\"", stdout);
        ScriptedGuest guest = new ScriptedGuest();
        stdio.attach(guest);
        guest.stdout.print("first\n");
        first.get();
        guest.stdout.print("second\n");
        guest.ends();
        stdio.outputRead().get(10, SECONDS);

        assertThat(Peers.output("cat \"$1\" \"$2\"", stdout, stderr).get()).isEqualTo("second\n");
        stdio.outputEnded().get(10, SECONDS);
    }

    @Test
    void deleteDoesNotWaitForAClientThatHasGone() throws Exception {
        CompletableFuture<String> client =
                Peers.output("cat <\"$2\" & head -c 6 <\"$1\"; wait", stdout, stderr);
        ScriptedGuest guest = new ScriptedGuest();
        stdio.attach(guest);
        guest.stderr.end();
        guest.stdout.print("first\n");
        client.get();
        guest.stdout.print("second\n").end();
        stdio.outputWritten().get(10, SECONDS);
        assertThat(stdio.outputEnded()).isNotDone();

        long start = System.nanoTime();
        stdio.finish(Duration.ofSeconds(100));

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        assertThat(stdio.outputEnded()).isDone();
        assertThat(guest.closed).hasValue(1);
    }

    @Test
    void aFifoThatNobodyOpensIsGivenUpByDelete() {
        stdio.attach(new ScriptedGuest().ends());

        stdio.finish(Duration.ofMillis(50));

        assertThat(stdio.outputEnded()).isDone();
    }

    @Test
    void aFifoThatNobodyOpenedAndSomebodyRemovedIsGivenUp() throws Exception {
        ScriptedGuest guest = new ScriptedGuest();
        stdio.attach(guest);
        guest.stdout.print("nobody will read this");
        Files.delete(stdout);
        Files.delete(stderr);

        stdio.close();

        assertThat(stdio.outputEnded()).isDone();
    }

    @Test
    void aFifoWhoseNameWasTakenByAnotherIsGivenUp() throws Exception {
        stdio.attach(new ScriptedGuest());
        Files.delete(stdout);
        Peers.fifo(directory, "stdout");

        stdio.close();

        assertThat(stdio.outputEnded()).isDone();
    }

    @Test
    void withoutAReaderLittleIsReadFromTheGuest() throws Exception {
        ScriptedGuest guest = new ScriptedGuest();
        for (int i = 0; i < 100; i++) {
            guest.stdout.print(ByteString.copyFrom(new byte[1 << 20]));
        }
        stdio.attach(guest);
        Process reader = Peers.shell("exec sleep 60 <\"$1\"", stdout);
        try {
            // Full pipe: one chunk is being written, one waits.
            while (guest.stdout.reads.get() < 2) {
                Thread.sleep(5);
            }
            stdio.finish(Duration.ofMillis(300));
            assertThat(guest.stdout.reads.get()).isLessThanOrEqualTo(3);
        } finally {
            reader.destroyForcibly();
        }
    }

    @Test
    void streamsThatWereNeverAttachedAreClosed() {
        stdio.close();

        assertThat(stdio.outputEnded()).isDone();
        assertThat(stdio.outputRead()).isDone();
    }

    @Test
    void aGuestThatIsAttachedAfterTheEndIsOnlyClosed() {
        stdio.close();
        ScriptedGuest guest = new ScriptedGuest();

        stdio.attach(guest);

        assertThat(guest.closed).hasValue(1);
        assertThat(guest.stdout.reads).hasValue(0);
        stdio.close();
    }

    @Test
    void bothStreamsMayShareAFifo() throws Exception {
        Path shared = Peers.fifo(directory, "shared");
        ProcessStdio both = open(shared, shared);
        ScriptedGuest guest = new ScriptedGuest();
        both.attach(guest);
        guest.stdout.print("out\n").end();
        guest.stderr.print("err\n").end();
        both.outputRead().get(10, SECONDS);

        assertThat(Peers.output("cat \"$1\"", shared).get().lines())
                .containsExactlyInAnyOrder("out", "err");
        both.outputEnded().get(10, SECONDS);
        both.close();
    }

    @Test
    void anAbsentStreamIsReadAndThrownAway() throws Exception {
        ProcessStdio silent = new HostStdio(directory).open(TaskIo.NONE, CONTAINER);

        silent.attach(new GuestProcess("seq 1 100000; seq 1 100000 >&2"));

        silent.outputEnded().get(30, SECONDS);
        silent.close();
    }

    @Test
    void ofATerminalOnlyStdoutIsUsed() throws Exception {
        ProcessStdio terminal =
                new HostStdio(directory)
                        .open(new TaskIo("", stdout.toString(), "/no/such/fifo", true), CONTAINER);
        ScriptedGuest guest = new ScriptedGuest();
        CompletableFuture<String> client = Peers.output("cat \"$1\"", stdout);
        stdio.close();
        terminal.attach(guest);
        guest.stdout.print("prompt$ ").end();

        terminal.outputEnded().get(10, SECONDS);
        assertThat(client.get()).isEqualTo("prompt$ ");
        assertThat(guest.stderr.reads).hasValue(0);
        terminal.close();
    }
}
