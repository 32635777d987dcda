package io.saya.io;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.saya.event.TaskIo;
import io.saya.io.HeldStream.Stage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streams that one daemon hands over and another goes on with, while clients are there or not. */
@Timeout(60)
class HeldStreamsTest {
    private static final ContainerIdentity CONTAINER = new ContainerIdentity("test", "c1");

    @TempDir Path directory;
    private Path stdout;
    private TaskIo io;
    private FileChannel overlap;
    private ProcessStdio before;
    private final ScriptedGuest guest = new ScriptedGuest();

    @BeforeEach
    void open() throws Exception {
        stdout = Peers.fifo(directory, "stdout");
        io = new TaskIo("", stdout.toString(), "", false);
        try (FileChannel both = FileChannel.open(stdout, READ, WRITE)) {
            overlap = FileChannel.open(stdout, WRITE);
            assertThat(both.isOpen()).isTrue();
        }
        before = new HostStdio(directory).open(io, CONTAINER);
    }

    /**
     * Another daemon opens them and the first is gone. The first cannot be killed here, and what it
     * does to end in order would show; so it ends before, and its write end is kept meanwhile.
     */
    private ProcessStdio taken(HeldStdio held) throws IOException {
        before.close();
        ProcessStdio after = new HostStdio(directory).reopen(io, CONTAINER, held);
        overlap.close();
        return after;
    }

    @AfterEach
    void close() throws IOException {
        overlap.close();
    }

    private static HeldStdio rested(ProcessStdio stdio) {
        return rested(stdio, HeldStdio::attached);
    }

    private static HeldStdio rested(ProcessStdio stdio, Predicate<HeldStdio> wanted) {
        long end = System.nanoTime() + SECONDS.toNanos(20);
        HeldStdio held = stdio.hold();
        while (held == null || !wanted.test(held)) {
            assertThat(System.nanoTime()).as("last: %s", held).isLessThan(end);
            Thread.onSpinWait();
            held = stdio.hold();
        }
        return held;
    }

    private void finish(ProcessStdio after, ScriptedGuest second) throws Exception {
        second.stdout.print("two\n");
        second.ends();
        after.attach(second);
        after.outputEnded().get(20, SECONDS);
        after.close();
        assertThat(Leftovers.descriptors(directory)).isEmpty();
    }

    @Test
    void aReaderSeesNeitherAGapNorAnEnd() throws Exception {
        CompletableFuture<String> out = Peers.output("cat <\"$1\"", stdout);
        guest.stdout.print("one\n");
        before.attach(guest);
        // An answer of the guest must not come while it is asked to hold.
        while (guest.stdout.reads.get() < 2) {
            Thread.onSpinWait();
        }
        HeldStdio held = rested(before, now -> now.stdout().stage() == Stage.READING);
        finish(taken(held), new ScriptedGuest());
        assertThat(out.get()).isEqualTo("one\ntwo\n");
    }

    @Test
    void whatWaitsForItsFirstReaderIsHandedOver() throws Exception {
        guest.stdout.print("one\n");
        before.attach(guest);
        HeldStdio held = rested(before, now -> !now.stdout().kept().isEmpty());
        assertThat(held.stdout().kept().toStringUtf8()).isEqualTo("one\n");
        ProcessStdio after = taken(held);
        CompletableFuture<String> out = Peers.output("cat <\"$1\"", stdout);
        finish(after, new ScriptedGuest());
        assertThat(out.get()).isEqualTo("one\ntwo\n");
    }

    @Test
    void aReaderThatComesWhileTheyAreHeldIsServedWhenTheyAreReleased() throws Exception {
        guest.stdout.print("one\n");
        before.attach(guest);
        overlap.close();
        var _ = rested(before, now -> !now.stdout().kept().isEmpty());
        CompletableFuture<String> out = Peers.output("cat <\"$1\"", stdout);
        assertThat(rested(before).stdout().kept().toStringUtf8()).isEqualTo("one\n");
        before.release();
        guest.stdout.print("two\n");
        guest.ends();
        before.outputEnded().get(20, SECONDS);
        before.close();
        assertThat(out.get()).isEqualTo("one\ntwo\n");
    }

    @Test
    void whatAnEndedProcessHasLeftInTheFifoStaysThere() throws Exception {
        CompletableFuture<String> first = Peers.output("head -c 4 <\"$1\"", stdout);
        guest.stdout.print("one\n");
        before.attach(guest);
        assertThat(first.get()).isEqualTo("one\n");
        guest.stdout.print("rest\n");
        guest.ends();
        HeldStdio held = rested(before, now -> now.stdout().stage() == Stage.FINISHING);
        ProcessStdio after = taken(held);
        ScriptedGuest second = new ScriptedGuest();
        second.stderr.end();
        after.attach(second);
        CompletableFuture<String> out = Peers.output("cat <\"$1\"", stdout);
        assertThat(out.get()).isEqualTo("rest\n");
        after.outputEnded().get(20, SECONDS);
        assertThat(second.stdout.reads).hasValue(0);
        after.close();
    }

    @Test
    void aWriterGoesOnWritingToTheOneThatGoesOn() throws Exception {
        Path stdin = Peers.fifo(directory, "stdin");
        TaskIo interactive = new TaskIo(stdin.toString(), "", "", false);
        ProcessStdio first = new HostStdio(directory).open(interactive, CONTAINER);
        first.attach(guest);
        Process writer =
                Peers.shell(
                        "exec 3>\"$1\"; echo one >&3; read -r go; echo two >&3; read -r go", stdin);
        assertThat(guest.stdin.poll(20, SECONDS)).isEqualTo(ByteString.copyFromUtf8("one\n"));

        HeldStdio held = rested(first);
        assertThat(held.stdinOpen()).isTrue();
        try (OutputStream commands = writer.getOutputStream()) {
            // Nobody reads, and nobody is hung up on.
            commands.write("\n".getBytes(UTF_8));
            commands.flush();
            assertThat(guest.stdin.poll(200, MILLISECONDS)).isNull();
            first.release();
            assertThat(guest.stdin.poll(20, SECONDS)).isEqualTo(ByteString.copyFromUtf8("two\n"));

            held = rested(first);
            ProcessStdio second = new HostStdio(directory).reopen(interactive, CONTAINER, held);
            first.close();
            ScriptedGuest other = new ScriptedGuest();
            second.attach(other);
            second.closeStdin();
            commands.write("\n".getBytes(UTF_8));
            commands.flush();
            assertThat(other.stdin.poll(20, SECONDS)).isEqualTo(ScriptedGuest.END);
            assertThat(writer.waitFor()).isZero();
            second.close();
        }
        before.close();
        overlap.close();
        assertThat(Leftovers.descriptors(directory)).isEmpty();
    }
}
