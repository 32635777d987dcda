package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.saya.proto.containerd.task.CloseIORequest;
import io.saya.test.Containerd;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import io.saya.ttrpc.TtrpcException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Standard streams to FIFOs, files and loggers: nothing is lost, whoever comes late or not at all.
 */
@WithProduct
final class StdioTest extends ShimSuite {
    private static final String RUNTIME = Containerd.runtime().contains("runc") ? "runc" : "saya";
    private static final int SIGKILL = 9;

    @Test
    void theLastBytesOfProcessesThatExitAtOnceArrive() throws Exception {
        try (var shim = running()) {
            for (int i = 0; i < 10; i++) {
                var exec = "e" + i;
                var out = fifo();
                var read = read("cat " + out);
                shim.execWith(exec, "", out.toString(), unread(), "echo", "last words of " + i);
                shim.start(exec);
                assertThat(shim.await(exec)).isZero();
                shim.delete(exec);
                assertThat(read.join().out()).isEqualTo("last words of " + i + "\n");
            }
        }
    }

    @Test
    @Tag("full")
    void aSlowReaderGetsEverything() throws Exception {
        try (var shim = running()) {
            var out = fifo();
            var read =
                    read(
                            "exec < %s; for i in 1 2 3; do sleep 0.5; head -c 10000; done; cat"
                                    .formatted(out));
            shim.execWith("e", "", out.toString(), unread(), "seq", "1", "200000");
            shim.start("e");
            assertThat(shim.await("e")).isZero();
            assertThat(read.join().out().lines())
                    .containsExactlyElementsOf(
                            IntStream.rangeClosed(1, 200_000).mapToObj(Integer::toString).toList());
            shim.delete("e");
        }
    }

    @Test
    void aReaderThatComesAfterTheEndGetsEverything() throws Exception {
        // runc's shim waits 30 s for a reader before it starts the process.
        assumeThat(RUNTIME).isEqualTo("saya");
        try (var shim = running()) {
            var out = fifo();
            shim.execWith("e", "", out.toString(), "", "seq", "1", "1000");
            shim.start("e");
            assertThat(shim.await("e")).isZero();
            assertThat(read("cat " + out).join().out().lines()).hasSize(1000).endsWith("1000");
            shim.delete("e");
        }
    }

    @Test
    void aFifoThatNobodyOpensHindersNobody() throws Exception {
        assumeThat(RUNTIME).isEqualTo("saya");
        try (var shim = running()) {
            shim.execWith(
                    "e",
                    fifo().toString(),
                    fifo().toString(),
                    fifo().toString(),
                    "echo",
                    "nobody listens");
            shim.start("e");
            assertThat(shim.await("e")).isZero();
            shim.delete("e");
            shim.execWith(
                    "f",
                    fifo().toString(),
                    fifo().toString(),
                    fifo().toString(),
                    "cat",
                    "/dev/zero");
            shim.start("f");
            shim.kill("f", SIGKILL);
            assertThat(shim.await("f")).isEqualTo(137);
            shim.delete("f");
            assertThat(shim.state("").getStatus().name()).isEqualTo("RUNNING");
        }
    }

    /** containerd's client waits for the end of the output before it deletes. */
    @Test
    void theOutputOfAContainerThatIsKilledBeforeItsStartEnds() throws Exception {
        try (var shim = start(RUNTIME, Map.of(), "sleep", "100000")) {
            var out = fifo();
            var err = fifo();
            var readOut = read("cat " + out);
            var readErr = read("cat " + err);
            shim.create("", out.toString(), err.toString());
            shim.kill("", SIGKILL);
            assertThat(shim.await("")).isEqualTo(137);
            assertThat(readOut.join().out()).isEmpty();
            assertThat(readErr.join().out()).isEmpty();
            assertThat(shim.delete("")).isEqualTo(137);
        }
    }

    @Test
    void inputEndsWhenBothEndsAreClosedAndNotBefore() throws Exception {
        try (var shim = running()) {
            // Once, after the client's end.
            assertThat(cat(shim, "once", () -> {}, () -> closeIo(shim, "once"))).isEqualTo("hello");
            // runc's shim of containerd 1.6 forgets what comes before Start.
            if (RUNTIME.equals("saya")) {
                // Early: before the process runs.
                assertThat(cat(shim, "early", () -> closeIo(shim, "early"), () -> {}))
                        .isEqualTo("hello");
                // Twice.
                assertThat(
                                cat(
                                        shim,
                                        "twice",
                                        () -> closeIo(shim, "twice"),
                                        () -> closeIo(shim, "twice")))
                        .isEqualTo("hello");
            }
            // Never: the process waits for a client that may come back.
            assertThat(
                            cat(
                                    shim,
                                    "never",
                                    () -> {},
                                    () -> {
                                        awaitSize(directory().resolve("never"), 5);
                                        assertThat(shim.state("never").getStatus().name())
                                                .isEqualTo("RUNNING");
                                        shim.kill("never", SIGKILL);
                                    }))
                    .isEqualTo("hello");
        }
    }

    @Test
    @Tag("full")
    void aFileTakesBothOutputs() throws Exception {
        var log = directory().resolve("logs/both.log");
        var uri = "file://" + log;
        var id = newId();
        try (var shim = start(RUNTIME, id, Map.of(), "sh", "-c", "echo out; echo err >&2")) {
            shim.create("", uri, uri);
            shim.start("");
            assertThat(shim.await("")).isZero();
            shim.delete("");
        }
        assertThat(Files.readAllLines(log)).containsExactlyInAnyOrder("out", "err");
    }

    @Test
    @Tag("full")
    void aLoggerGetsBothOutputsAndKnowsWhose() throws Exception {
        var logger =
                Files.writeString(
                        directory().resolve("logger"),
                        """
                        #!/bin/sh
                        # Arguments: key and value from the URI. 3 and 4 are the outputs, closing 5 says ready.
                        # SIGTERM comes when the container is gone, and reads on.
                        trap '' TERM
                        exec 5>&-
                        { echo "$CONTAINER_ID $CONTAINER_NAMESPACE $1=$2"; cat <&3; cat <&4; } > "$2"
                        """);
        Files.setPosixFilePermissions(logger, PosixFilePermissions.fromString("rwxr-xr-x"));
        var log = directory().resolve("logger.log");
        var uri = "binary://" + logger + "?into=" + log;
        var id = newId();
        try (var shim = start(RUNTIME, id, Map.of(), "sh", "-c", "echo out; echo err >&2")) {
            shim.create("", uri, uri);
            shim.start("");
            assertThat(shim.await("")).isZero();
            shim.delete("");
        }
        assertThat(Wait.until(Shim.LIMIT, () -> lines(log) == 3)).isTrue();
        assertThat(Files.readAllLines(log))
                .containsExactly(id + " tests into=" + log, "out", "err");
    }

    /** What {@code cat} gives back of a client's «hello», which has gone before {@code last}. */
    private String cat(Shim shim, String exec, Shim.Call beforeStart, Shim.Call last)
            throws IOException, TtrpcException, InterruptedException {
        var in = fifo();
        var out = fifo();
        var read = read("tee %s < %s".formatted(directory().resolve(exec), out));
        shim.execWith(exec, in.toString(), out.toString(), unread(), "cat");
        // A client opens its end before Start; both ways, so that nobody has to be there yet.
        try (var client = new RandomAccessFile(in.toFile(), "rw")) {
            client.write("hello".getBytes(StandardCharsets.UTF_8));
            beforeStart.make();
            shim.start(exec);
            assertThat(Wait.until(Shim.LIMIT, () -> Host.isOpenElsewhere(in)))
                    .as("%s is open", in)
                    .isTrue();
        }
        last.make();
        var _ = shim.await(exec);
        shim.delete(exec);
        return read.join().out();
    }

    private static void awaitSize(Path file, long size) {
        if (!Wait.until(Shim.LIMIT, () -> file.toFile().length() >= size)) {
            throw new AssertionError(file + " has not " + size + " bytes within " + Shim.LIMIT);
        }
    }

    private static long lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file).size() : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    private static void closeIo(Shim shim, String exec)
            throws TtrpcException, InterruptedException {
        shim.tasks()
                .closeIO(
                        CloseIORequest.newBuilder()
                                .setId(shim.id())
                                .setExecId(exec)
                                .setStdin(true)
                                .build(),
                        Shim.within());
    }

    private Shim running() throws IOException, TtrpcException, InterruptedException {
        var shim = start(RUNTIME, Map.of(), "sleep", "100000");
        shim.create("", "", "");
        shim.start("");
        return shim;
    }

    /** A FIFO of its own. */
    private Path fifo() {
        var path = directory().resolve("fifo-" + newId());
        Ran.run(Shim.LIMIT, "mkfifo", path.toString()).succeeded();
        return path;
    }

    /** A FIFO whose content does not matter. */
    private String unread() {
        var path = fifo();
        var _ = read("cat " + path);
        return path.toString();
    }

    /** Runs a script beside the test. */
    private static CompletableFuture<Ran> read(String script) {
        return CompletableFuture.supplyAsync(
                () -> Ran.run(Shim.LIMIT, "sh", "-c", script), Thread::startVirtualThread);
    }
}
