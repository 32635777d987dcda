package io.saya.io;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.host.HeldEnd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streams that are counted, and whose FIFOs somebody else holds as well. */
@Timeout(60)
class KeptStreamsTest {
    private static final ContainerIdentity CONTAINER = new ContainerIdentity("test", "c1");

    @TempDir Path directory;
    private HoldingHost guard;
    private StreamKeeping keeping;
    private HostStdio host;

    @BeforeEach
    void begin() {
        guard = new HoldingHost(directory);
        keeping = new StreamKeeping(directory, guard, true);
        host = new HostStdio(directory.resolve("io"), keeping);
    }

    @AfterEach
    void end() {
        guard.close();
    }

    private static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private StreamPositions.Slot counted(ProcessStdio stdio) throws Exception {
        return StreamPositions.read(directory).slot(stdio.standing().slot());
    }

    @Test
    void whatIsWrittenIsCountedAndWhatIsDoneWithIsSaid() throws Exception {
        Path fifo = Peers.fifo(directory, "stdout");
        Path output = KeepingGuest.lines(directory, 10_000);
        ProcessStdio stdio = host.open(new TaskIo("", fifo.toString(), "", false), CONTAINER);
        StreamPositions.Slot slot = counted(stdio);
        KeepingGuest guest = new KeepingGuest(output, true);
        stdio.attach(guest);
        // Kept for the first reader, and so not where it belongs.
        until(() -> guest.asked.size() > 2);
        assertThat(slot.stdout().bytes()).isZero();
        CompletableFuture<String> read = Peers.output("cat <\"$1\"", fifo);
        stdio.outputEnded().get(20, SECONDS);
        assertThat(read.get()).isEqualTo(Files.readString(output));
        assertThat(slot.stdout().bytes()).isEqualTo(160_000);
        assertThat(slot.stdout().ended()).isTrue();
        assertThat(slot.stderr().ended()).isTrue();
        assertThat(guest.asked.getFirst()).isEqualTo(new KeepingGuest.Asked(1, 0));
        assertThat(guest.asked.getLast().position()).isEqualTo(160_001);
        assertThat(guest.asked).allMatch(one -> one.done() < one.position());
        stdio.close();
        assertThat(guard.held()).isZero();
        Leftovers.assertNone(directory);
    }

    @Test
    void nothingStaysOpenWhereToHoldItIsAFault() throws Exception {
        guard.breakDown();
        Path stdout = Peers.fifo(directory, "stdout");
        Path stdin = Peers.fifo(directory, "stdin");
        assertThatThrownBy(() -> host.open(new TaskIo("", stdout.toString(), "", false), CONTAINER))
                .isInstanceOf(IllegalStateException.class);
        assertThat(Leftovers.descriptors(directory)).noneMatch(each -> each.endsWith("stdout"));

        ProcessStdio stdio = host.open(new TaskIo(stdin.toString(), "", "", false), CONTAINER);
        stdio.attach(new KeepingGuest(KeepingGuest.lines(directory, 1), true));
        stdio.close();
        assertThat(Leftovers.descriptors(directory)).noneMatch(each -> each.endsWith("stdin"));
    }

    @Test
    void theReaderSeesNoEndWhileTheGuardHoldsItsFifo() throws Exception {
        Path fifo = Peers.fifo(directory, "stdout");
        ProcessStdio stdio = host.open(new TaskIo("", fifo.toString(), "", false), CONTAINER);
        HeldStdio standing = stdio.standing();
        assertThat(standing.stdout().end().isHeld()).isTrue();
        assertThat(guard.held()).isEqualTo(1);
        CompletableFuture<String> read = Peers.output("cat <\"$1\"", fifo);
        KeepingGuest guest = new KeepingGuest(KeepingGuest.lines(directory, 100), false);
        stdio.attach(guest);
        StreamPositions.Slot slot = counted(stdio);
        until(() -> slot.stdout().bytes() == 1600);
        HeldEnd end = standing.stdout().end();
        HeldEnd kept = guard.hold(end.device(), end.inode(), HeldEnd.Side.WRITE);
        Files.delete(fifo); // whose name is of no matter
        // As a daemon that has died: nothing of it is told to anybody.
        HeldStdio left = died(stdio, kept);
        assertThat(left.stdout().position()).isEqualTo(1601);
        assertThat(read).isNotDone();

        HostStdio next =
                new HostStdio(directory.resolve("io"), new StreamKeeping(directory, guard, false));
        ProcessStdio after =
                next.reopen(new TaskIo("", fifo.toString(), "", false), CONTAINER, left);
        after.attach(new KeepingGuest(KeepingGuest.lines(directory, 200), true));
        after.outputEnded().get(20, SECONDS);
        assertThat(read.get()).isEqualTo(Files.readString(directory.resolve("output")));
        after.close();
        assertThat(guard.held()).isZero();
    }

    /** Ends a daemon's streams with their counters and the guard's ends left as they were. */
    private HeldStdio died(ProcessStdio stdio, HeldEnd kept) throws Exception {
        HeldStdio standing = stdio.standing();
        StreamPositions.Slot slot = counted(stdio);
        long out = slot.stdout().bytes();
        byte[] before = Files.readAllBytes(directory.resolve(StreamPositions.FILE));
        stdio.close();
        Files.write(directory.resolve(StreamPositions.FILE), before);
        return new HeldStdio(
                new HeldStream(HeldStream.Stage.READING, 0, out + 1, out, ByteString.EMPTY, kept),
                new HeldStream(HeldStream.Stage.ENDED, 0, 0, 0, ByteString.EMPTY, HeldEnd.NONE),
                false,
                false,
                HeldEnd.NONE,
                standing.slot());
    }

    @Test
    void aDaemonThatDoesNotComeToTakeOverChangesNoCounter() throws Exception {
        Path fifo = Peers.fifo(directory, "stdout");
        Path other = Peers.fifo(directory, "stderr");
        TaskIo io = new TaskIo("", fifo.toString(), other.toString(), false);
        ProcessStdio stdio = host.open(io, CONTAINER);
        CompletableFuture<String> read = Peers.output("cat <\"$1\"", fifo);
        KeepingGuest guest = new KeepingGuest(KeepingGuest.lines(directory, 100), false);
        stdio.attach(guest);
        StreamPositions.Slot slot = counted(stdio);
        until(() -> slot.stdout().bytes() == 1600);
        HeldStdio standing = stdio.standing();
        HeldEnd end = standing.stderr().end();
        HeldStdio held =
                new HeldStdio(
                        standing.stdout(),
                        // Of which the guard does not know: it cannot be opened.
                        new HeldStream(
                                HeldStream.Stage.READING,
                                0,
                                1,
                                0,
                                ByteString.EMPTY,
                                new HeldEnd(99, 1, end.device(), end.inode())),
                        false,
                        false,
                        HeldEnd.NONE,
                        standing.slot());
        HostStdio next =
                new HostStdio(directory.resolve("io"), new StreamKeeping(directory, guard, false));
        assertThatThrownBy(() -> next.reopen(io, CONTAINER, held))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("cannot be opened");
        assertThat(counted(stdio).stdout().ended()).isFalse();
        assertThat(counted(stdio).stdout().bytes()).isEqualTo(1600);
        stdio.close();
        assertThat(counted(standing).stdout().ended()).isTrue();
        assertThat(read.get()).hasSize(1600);
    }

    private StreamPositions.Slot counted(HeldStdio standing) throws Exception {
        return StreamPositions.read(directory).slot(standing.slot());
    }

    @Test
    void inputIsCountedBeforeItIsGivenAndItsWriterIsNotHungUpOn() throws Exception {
        Path fifo = Peers.fifo(directory, "stdin");
        ProcessStdio stdio = host.open(new TaskIo(fifo.toString(), "", "", false), CONTAINER);
        StreamPositions.Slot slot = counted(stdio);
        assertThat(stdio.standing().stdinEnd().isHeld()).isFalse();
        KeptGuest guest = new KeptGuest();
        stdio.attach(guest);
        assertThat(stdio.standing().stdinEnd().isHeld()).isTrue();
        Process writer = Peers.shell("exec 3>\"$1\"; echo one >&3; read -r go", fifo);
        assertThat(guest.streams.stdin.poll(20, SECONDS))
                .isEqualTo(ByteString.copyFromUtf8("one\n"));
        until(() -> slot.stdinGiven().bytes() == 4);
        assertThat(slot.stdinRead().bytes()).isEqualTo(4);
        guest.streams.stopReadingStdin();
        Process second = Peers.shell("echo two >\"$1\"", fifo);
        assertThat(second.waitFor()).isZero();
        until(() -> slot.stdinRead().bytes() == 8);
        assertThat(slot.stdinGiven().bytes()).isEqualTo(4);
        assertThat(slot.stdinGiven().ended()).isFalse();
        stdio.close();
        assertThat(guard.held()).isZero();
        writer.destroyForcibly();
        Leftovers.assertNone(directory);
    }

    /** Keeps output, of which there is none. */
    private static final class KeptGuest implements GuestStreams {
        final ScriptedGuest streams = new ScriptedGuest();

        @Override
        public boolean keepsOutput() {
            return true;
        }

        @Override
        public ByteString readStdout(int max, long position, long done) throws java.io.IOException {
            return streams.readStdout(max);
        }

        @Override
        public ByteString readStderr(int max, long position, long done) throws java.io.IOException {
            return streams.readStderr(max);
        }

        @Override
        public ByteString readStdout(int max) {
            throw new AssertionError("not by position");
        }

        @Override
        public ByteString readStderr(int max) {
            throw new AssertionError("not by position");
        }

        @Override
        public void writeStdin(ByteString data) throws java.io.IOException {
            streams.writeStdin(data);
        }

        @Override
        public void closeStdin() {
            streams.closeStdin();
        }

        @Override
        public void close() {
            streams.close();
        }
    }

    @Test
    void aStreamThatTheGuardDoesNotHoldIsServedAndSaysSo() throws Exception {
        guard.refuse();
        Path fifo = Peers.fifo(directory, "stdout");
        ProcessStdio stdio = host.open(new TaskIo("", fifo.toString(), "", false), CONTAINER);
        assertThatThrownBy(stdio::standing)
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining(fifo + " is not held: hold: Operation not permitted");
        CompletableFuture<String> read = Peers.output("cat <\"$1\"", fifo);
        stdio.attach(new KeepingGuest(KeepingGuest.lines(directory, 3), true));
        stdio.outputEnded().get(20, SECONDS);
        assertThat(read.get()).hasSize(48);
        stdio.close();
    }

    @Test
    void aGuestThatKeepsNothingIsReadAsEver() throws Exception {
        Path fifo = Peers.fifo(directory, "stdout");
        ProcessStdio stdio = host.open(new TaskIo("", fifo.toString(), "", false), CONTAINER);
        CompletableFuture<String> read = Peers.output("cat <\"$1\"", fifo);
        ScriptedGuest guest = new ScriptedGuest();
        guest.stdout.print("one\n");
        stdio.attach(guest);
        assertThatThrownBy(stdio::standing)
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("does not keep output");
        guest.ends();
        stdio.outputEnded().get(20, SECONDS);
        assertThat(read.get()).isEqualTo("one\n");
        stdio.close();
    }

    @Test
    void aSlotIsAnothersOnlyWhenNoRecordNamesIt() {
        ProcessStdio first = host.open(TaskIo.NONE, CONTAINER);
        int slot = first.standing().slot();
        keeping.named(slot, true);
        first.close();
        ProcessStdio second = host.open(TaskIo.NONE, CONTAINER);
        assertThat(second.standing().slot()).isNotEqualTo(slot);
        keeping.named(slot, false);
        ProcessStdio third = host.open(TaskIo.NONE, CONTAINER);
        assertThat(third.standing().slot()).isEqualTo(slot);
        third.close();
        second.close();
        ProcessStdio fourth = host.open(TaskIo.NONE, CONTAINER);
        assertThat(fourth.standing().slot()).isEqualTo(slot);
        fourth.close();
    }

    @Test
    void moreProcessesThanThereAreSlotsAreServedAllTheSame() {
        Set<ProcessStdio> all = new HashSet<>();
        for (int i = 0; i < StreamPositions.SLOTS; i++) {
            all.add(host.open(TaskIo.NONE, CONTAINER));
        }
        ProcessStdio more = host.open(TaskIo.NONE, CONTAINER);
        assertThatThrownBy(more::standing)
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("not counted");
        more.close();
        all.forEach(ProcessStdio::close);
        ProcessStdio again = host.open(TaskIo.NONE, CONTAINER);
        assertThat(again.standing().slot()).isZero();
        again.close();
    }

    @Test
    void withoutKeepingNothingIsMade() {
        ProcessStdio stdio =
                new HostStdio(directory.resolve("io"), new StreamKeeping(directory, guard, false))
                        .open(TaskIo.NONE, CONTAINER);
        stdio.close();
        assertThat(directory).isEmptyDirectory();
    }
}
