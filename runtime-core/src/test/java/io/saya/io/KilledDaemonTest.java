package io.saya.io;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.saya.event.TaskIo;
import io.saya.host.HeldEnd;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Daemons, as processes, that are killed while output passes through them, one after another. */
@Timeout(120)
class KilledDaemonTest {
    private static final int KILLS = 6;
    private static final int LINES = 4_000_000;
    private static final int LINE = 16;

    /** What a kill between a write and its count may have come twice. */
    private static final int TWICE = 4 << 10;

    @TempDir Path directory;

    /** The streams of the one process, by the position that is asked for next; null at first. */
    static @Nullable HeldStdio left(long position) {
        if (position == 0) {
            return null;
        }
        return new HeldStdio(
                stream(position, position - 1), stream(1, 0), false, false, HeldEnd.NONE, 0);
    }

    private static HeldStream stream(long position, long done) {
        return new HeldStream(
                HeldStream.Stage.READING, 0, position, done, ByteString.EMPTY, HeldEnd.NONE);
    }

    private Process daemon(Path fifo, Path output, long position) throws IOException {
        Process daemon =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                "-Xmx64m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                DyingDaemon.class.getName(),
                                directory.toString(),
                                fifo.toString(),
                                output.toString(),
                                String.valueOf(position))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        assertThat(daemon.getInputStream().read()).isEqualTo('m');
        return daemon;
    }

    /** Reads all, and checks that no line is missing, and that what comes twice is short. */
    private static final class Reader {
        final AtomicLong bytes = new AtomicLong();
        private final Thread thread;
        private volatile @Nullable Throwable failure;
        private long next;
        private long repeated;

        Reader(Path fifo) {
            thread = Thread.ofPlatform().daemon().start(() -> read(fifo));
        }

        private void read(Path fifo) {
            try (InputStream in = Files.newInputStream(fifo)) {
                byte[] line = new byte[LINE];
                while (in.readNBytes(line, 0, LINE) == LINE) {
                    long number = Long.parseLong(new String(line, 0, LINE - 1, UTF_8));
                    // Writes are whole lines, since both 4 KiB and a piece are.
                    assertThat(number).isBetween(next - TWICE / LINE, next);
                    if (number < next) {
                        repeated++;
                    }
                    next = number + 1;
                    bytes.addAndGet(LINE);
                }
            } catch (IOException | RuntimeException | AssertionError e) {
                failure = e;
            }
        }

        void awaitBytes(long wanted) throws InterruptedException {
            while (bytes.get() < wanted && thread.isAlive()) {
                Thread.sleep(1);
            }
            assertThat(failure).isNull();
        }
    }

    @Test
    void noLineIsLostHoweverOftenTheDaemonIsKilled() throws Exception {
        Path fifo = Peers.fifo(directory, "stdout");
        Path output = KeepingGuest.lines(directory, LINES);
        FileChannel held;
        try (FileChannel both = FileChannel.open(fifo, READ, WRITE)) {
            held = FileChannel.open(fifo, WRITE);
            assertThat(both.isOpen()).isTrue();
        }
        Reader reader = new Reader(fifo);
        long position = 0;
        for (int i = 0; i < KILLS; i++) {
            Process daemon = daemon(fifo, output, position);
            long some = ThreadLocalRandom.current().nextLong(1, 2 << 20);
            reader.awaitBytes(reader.bytes.get() + some);
            assertThat(daemon.isAlive()).isTrue();
            daemon.destroyForcibly();
            daemon.onExit().get(20, SECONDS);
            StreamPositions.Counter counter = StreamPositions.read(directory).slot(0).stdout();
            assertThat(counter.ended()).isFalse();
            assertThat(counter.bytes()).isPositive();
            position = counter.bytes() + 1;
        }
        try (HoldingHost nobody = new HoldingHost(directory)) {
            HostStdio last =
                    new HostStdio(
                            directory.resolve("io"), new StreamKeeping(directory, nobody, false));
            ProcessStdio stdio =
                    last.reopen(
                            new TaskIo("", fifo.toString(), "", false),
                            new ContainerIdentity("test", "c1"),
                            Objects.requireNonNull(left(position)));
            held.close();
            stdio.attach(new KeepingGuest(output, true));
            stdio.outputEnded().get(60, SECONDS);
            stdio.close();
        }
        reader.thread.join(SECONDS.toMillis(20));
        assertThat(reader.failure).isNull();
        assertThat(reader.next).isEqualTo(LINES);
        assertThat(reader.repeated).isLessThanOrEqualTo((long) KILLS * TWICE / LINE);
        StreamPositions.Counter counter = StreamPositions.read(directory).slot(0).stdout();
        assertThat(counter.ended()).isTrue();
        assertThat(counter.bytes()).isEqualTo((long) LINES * LINE);
        assertThat(List.of(Files.exists(directory.resolve("io")))).containsExactly(false);
    }
}
