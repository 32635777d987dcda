package io.saya.io;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.saya.event.TaskIo;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class InputTest {
    private static final ContainerIdentity CONTAINER = new ContainerIdentity("test", "c1");

    @TempDir Path directory;
    private Path stdin;
    private ProcessStdio stdio;
    private final ScriptedGuest guest = new ScriptedGuest();

    @BeforeEach
    void openFifo() throws Exception {
        stdin = Peers.fifo(directory, "stdin");
        stdio = open(false, stdin);
    }

    private ProcessStdio open(boolean terminal, Path input) {
        return new HostStdio(directory)
                .open(new TaskIo(input.toString(), "", "", terminal), CONTAINER);
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        stdio.close();
        assertThat(Leftovers.descriptors(directory)).isEmpty();
        Leftovers.assertNone(directory);
    }

    private void client(String script) throws Exception {
        assertThat(Peers.shell(script, stdin).waitFor(30, SECONDS)).isTrue();
    }

    private String received() throws InterruptedException {
        ByteString piece = guest.stdin.poll(10, SECONDS);
        assertThat(piece).isNotNull();
        return piece.toStringUtf8();
    }

    @Test
    void theEndComesAfterCloseIoAndTheClientsClose() throws Exception {
        stdio.attach(guest);
        client("printf one >\"$1\"");
        assertThat(received()).isEqualTo("one");

        stdio.closeStdin();

        assertThat(received()).isEmpty();
    }

    @Test
    void aClientMayLeaveAndComeBackWithoutAnEnd() throws Exception {
        stdio.attach(guest);
        client("printf one >\"$1\"");
        assertThat(received()).isEqualTo("one");
        client("printf two >\"$1\"");
        assertThat(received()).isEqualTo("two");

        assertThat(guest.stdin).isEmpty();
    }

    @Test
    void afterCloseIoAClientThatIsStillThereIsHeardToItsEnd() throws Exception {
        stdio.attach(guest);
        try (FileChannel client = FileChannel.open(stdin, StandardOpenOption.WRITE)) {
            stdio.closeStdin();
            client.write(ByteString.copyFromUtf8("late").asReadOnlyByteBuffer());
            assertThat(received()).isEqualTo("late");
            assertThat(guest.stdin).isEmpty();
        }
        assertThat(received()).isEmpty();
    }

    @Test
    void closeIoMayComeBeforeTheProcessAndTwice() throws Exception {
        // Open for both, a client need not wait for us.
        try (FileChannel client =
                FileChannel.open(stdin, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            client.write(ByteString.copyFromUtf8("early").asReadOnlyByteBuffer());
            stdio.closeStdin();
            stdio.closeStdin();

            stdio.attach(guest);

            assertThat(received()).isEqualTo("early");
        }
        assertThat(received()).isEmpty();
        stdio.closeStdin();
    }

    @Test
    void closeIoWithoutStdinDoesNothing() throws Exception {
        ProcessStdio absent = new HostStdio(directory).open(TaskIo.NONE, CONTAINER);
        absent.closeStdin();
        absent.attach(guest);
        absent.closeStdin();

        assertThat(received()).describedAs("an absent stdin is at its end").isEmpty();
        absent.close();
        assertThat(guest.stdin).isEmpty();
    }

    @Test
    void aTerminalReadsControlDInsteadOfLosingItsInput() throws Exception {
        ProcessStdio terminal = open(true, stdin);
        terminal.attach(guest);
        stdio.close();
        client("printf 'line\\n' >\"$1\"");
        assertThat(received()).isEqualTo("line\n");

        terminal.closeStdin();

        assertThat(received()).isEqualTo("\4");
        terminal.close();
        assertThat(guest.stdin).isEmpty();
    }

    @Test
    void inTheMiddleOfALineATerminalNeedsControlDTwice() throws Exception {
        ProcessStdio terminal = open(true, stdin);
        terminal.attach(guest);
        stdio.close();
        client("printf 'half a line' >\"$1\"");
        assertThat(received()).isEqualTo("half a line");

        terminal.closeStdin();

        assertThat(received()).isEqualTo("\4\4");
        terminal.close();
    }

    @Test
    void aTerminalWithoutStdinIsLeftAlone() throws Exception {
        ProcessStdio terminal =
                new HostStdio(directory).open(new TaskIo("", "", "", true), CONTAINER);
        terminal.attach(guest);
        terminal.close();

        assertThat(guest.stdin).isEmpty();
    }

    @Test
    void aHundredMegabytesArriveUnchanged() throws Exception {
        Path out = Peers.fifo(directory, "out");
        ProcessStdio both =
                new HostStdio(directory)
                        .open(new TaskIo(stdin.toString(), out.toString(), "", false), CONTAINER);
        stdio.close();
        CompletableFuture<String> sum = Peers.output("cat \"$1\"", out);
        both.attach(new GuestProcess("sha256sum"));

        client("seq 1 14000000 | head -c 104857600 >\"$1\"");
        both.closeStdin();

        assertThat(sum.get())
                .isEqualTo(Peers.run("sh", "-c", "seq 1 14000000 | head -c 104857600 | sha256sum"));
        both.outputEnded().get(10, SECONDS);
        both.close();
    }

    @Test
    void aProcessThatReadsNothingMakesItsClientWaitAndCanBeClosed() throws Exception {
        guest.stopReadingStdin();
        stdio.attach(guest);
        Process client = Peers.shell("exec cat /dev/zero >\"$1\"", stdin);
        try {
            assertThat(client.waitFor(300, MILLISECONDS)).isFalse();

            stdio.close();

            // Nobody reads its FIFO any more: the client dies of SIGPIPE.
            assertThat(client.waitFor(10, SECONDS)).isTrue();
        } finally {
            client.destroyForcibly();
        }
    }

    @Test
    void whenTheProcessHasGoneTheClientIsTold() throws Exception {
        guest.breakStdin();
        stdio.attach(guest);
        Process client = Peers.shell("exec cat /dev/zero >\"$1\"", stdin);
        try {
            assertThat(client.waitFor(10, SECONDS)).isTrue();
            assertThat(client.exitValue()).isNotZero();
        } finally {
            client.destroyForcibly();
        }
    }

    @Test
    void aClientThatNeverComesIsNoReasonToWait() {
        stdio.attach(guest);
        guest.ends();

        stdio.finish(Duration.ofSeconds(20));

        assertThat(guest.stdin).isEmpty();
    }

    @Test
    void anExistingFileIsReadToItsEnd() throws Exception {
        Path file = Files.writeString(directory.resolve("input"), "from a file");
        ProcessStdio fromFile = open(false, file);
        fromFile.attach(guest);

        assertThat(received()).isEqualTo("from a file");
        assertThat(received()).isEmpty();
        fromFile.close();
    }
}
