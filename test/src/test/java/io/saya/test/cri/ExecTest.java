package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.grpc.StatusRuntimeException;
import io.saya.proto.cri.AttachRequest;
import io.saya.proto.cri.ExecRequest;
import io.saya.proto.cri.ExecSyncRequest;
import io.saya.proto.cri.ReopenContainerLogRequest;
import io.saya.test.Containerd;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Processes in containers of a pod, and what streams between them and a kubelet. */
@WithProduct
final class ExecTest extends PodSuite {
    /** Size of an archive's records, bytes. */
    private static final int TAR_RECORD = 20 * 512;

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String SUCCESS = "\"status\":\"Success\"";

    @Test
    void execSyncGivesOutputsAndStatus() {
        var pod = sharedPod();
        var container = pod.idle("main");
        var ran = pod.exec(container, "sh", "-c", "echo out; echo err >&2; exit 7");
        assertThat(ran).isEqualTo(new Ran(7, "out\n", "err\n"));
        assertThat(pod.exec(container, "seq", "1", "100000").out()).endsWith("\n100000\n");
        assertThatThrownBy(() -> pod.exec(container, "no-such-command"))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("no-such-command");
        assertThatThrownBy(
                        () ->
                                node().cri()
                                        .runtime()
                                        .execSync(
                                                ExecSyncRequest.newBuilder()
                                                        .setContainerId(container)
                                                        .addCmd("sleep")
                                                        .addCmd("1000")
                                                        .setTimeout(2)
                                                        .build()))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("DEADLINE_EXCEEDED");
        assertThat(pod.exec(container, "ps", "-o", "args").out()).doesNotContain("sleep 1000");
    }

    /** As with runc: programs that take an empty pipe for their input would find nothing. */
    @Test
    void whoGetsNoInputHasDevNull() {
        var pod = sharedPod();
        var script = "readlink /proc/self/fd/0; cat; echo end";
        var first = pod.started("first", script);
        assertThat(pod.exited(first).getExitCode()).isZero();
        assertThat(pod.log(first)).containsExactly("/dev/null", "end");
        var container = pod.idle("main");
        assertThat(pod.exec(container, "sh", "-c", script).out()).isEqualTo("/dev/null\nend\n");
    }

    @Test
    @Tag("full")
    void anExecDoesNotWaitForWhatItLeavesBehind() {
        // runc's shim waits for the end of the output, which what was left behind holds.
        assumeThat(Containerd.runtime()).contains("saya");
        var pod = sharedPod();
        var container = pod.idle("main");
        assertThat(pod.exec(container, "sh", "-c", "sleep 1000 & echo done").out())
                .isEqualTo("done\n");
    }

    @Test
    void anExecWithATerminalStreamsBothWays() {
        var pod = sharedPod();
        var container = pod.idle("main");
        try (var streams = exec(container, true, "sh")) {
            streams.resize(101, 33);
            streams.write("stty size; echo $((6 * 7)); exit 5\n");
            assertThat(streams.status(LIMIT)).contains("ExitCode").contains("\"5\"");
            assertThat(streams.out()).contains("33 101").contains("42");
        }
    }

    @Test
    @Tag("full")
    void anExecEndsWhenItsClientHasGone() {
        var pod = sharedPod();
        var container = pod.idle("main");
        try (var streams = exec(container, false, "cat")) {
            streams.write("hello\n");
            assertThat(Wait.until(LIMIT, () -> streams.out().equals("hello\n"))).isTrue();
        }
        assertThat(
                        Wait.until(
                                LIMIT,
                                () ->
                                        !pod.exec(container, "ps", "-o", "comm")
                                                .out()
                                                .contains("cat")))
                .isTrue();
    }

    @Test
    void attachReadsAndWritesTheFirstProcess() {
        var pod = sharedPod();
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config ->
                                        config.addCommand("sh")
                                                .addArgs("-c")
                                                .addArgs(
                                                        "while read -r line; do echo \"got $line\"; done; echo end")
                                                .setStdin(true)
                                                .setStdinOnce(true)));
        try (var streams = new ContainerStreams(attachUrl(container, false))) {
            streams.write("one\ntwo\n");
            assertThat(Wait.until(LIMIT, () -> streams.out().equals("got one\ngot two\n")))
                    .as(streams.out())
                    .isTrue();
        }
        // Its client was the only one that stdin was for.
        assertThat(pod.exited(container).getExitCode()).isZero();
        assertThat(pod.log(container)).containsExactly("got one", "got two", "end");
    }

    @Test
    void aContainerWithATerminalIsAttachedToAndResized() {
        var pod = sharedPod();
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config -> config.addCommand("sh").setStdin(true).setTty(true)));
        try (var streams = new ContainerStreams(attachUrl(container, true))) {
            streams.resize(101, 33);
            // It may come after the input.
            streams.write("until stty size | grep '33 101'; do sleep 0.1; done; tty; exit 5\n");
            assertThat(pod.exited(container).getExitCode()).isEqualTo(5);
            assertThat(Wait.until(LIMIT, () -> streams.out().contains("/dev/")))
                    .as(streams.out())
                    .isTrue();
            // What was typed ends with a quote there.
            assertThat(streams.out()).contains("33 101\r\n");
        }
        assertThat(pod.log(container)).contains("33 101");
    }

    @Test
    void aLogTellsTheStreams() throws IOException {
        var pod = sharedPod();
        var container = pod.started("main", "echo out; echo err >&2");
        pod.exited(container);
        assertThat(Files.readAllLines(pod.logFile(container)))
                .map(line -> line.substring(line.indexOf(' ') + 1))
                .containsExactlyInAnyOrder("stdout F out", "stderr F err");
    }

    @Test
    void aLogIsReopenedAndLosesNothing() throws IOException {
        var pod = sharedPod();
        var container =
                pod.started(
                        "main",
                        "i=0; while [ $i -lt 300 ]; do i=$((i + 1)); echo $i; sleep 0.01; done; echo end");
        assertThat(Wait.until(LIMIT, () -> pod.log(container).size() > 20)).isTrue();
        var log = pod.logFile(container);
        var rotated = Files.move(log, log.resolveSibling("rotated.log"));
        var _ =
                node().cri()
                        .runtime()
                        .reopenContainerLog(
                                ReopenContainerLogRequest.newBuilder()
                                        .setContainerId(container)
                                        .build());
        pod.exited(container);
        assertThat(pod.log(container)).endsWith("300", "end");
        assertThat(Files.readAllLines(rotated).size() + pod.log(container).size()).isEqualTo(301);
    }

    @Test
    void filesGoInAndOutByTar() throws Exception {
        copyBothWays(32 << 20);
    }

    @Test
    @Tag("full")
    @Timeout(1800)
    void aGibibyteGoesInAndOutByTar() throws Exception {
        copyBothWays(1 << 30);
    }

    /** What {@code kubectl cp} does, in both directions; the sum is that of the file. */
    private void copyBothWays(long size) throws Exception {
        var limit = Duration.ofMinutes(15);
        var pod = sharedPod();
        var volume = node().logs().resolveSibling("volume-" + size);
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config ->
                                        Pod.mount(config, volume, "/data", false)
                                                .addCommand("sleep")
                                                .addArgs("100000")));
        var file = randomFile(size);
        var tar = node().logs().resolveSibling("archive.tar");
        Ran.run(
                        limit,
                        "tar",
                        "-C",
                        node().containerd().directory().toString(),
                        "-cf",
                        tar.toString(),
                        file.getFileName().toString())
                .succeeded();
        // Busybox' tar reads to the end of file, which this protocol cannot send, and its head
        // reads byte by byte: 2 MB/s in an emulated guest. An archive is whole records.
        var unpack =
                "dd bs=%d iflag=fullblock count=%d 2>/dev/null | tar -x -C /data"
                        .formatted(TAR_RECORD, Files.size(tar) / TAR_RECORD);
        try (var streams = exec(container, false, "sh", "-c", unpack);
                var in = Files.newInputStream(tar)) {
            var block = new byte[1 << 17];
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                streams.write(block, n);
            }
            assertThat(streams.status(limit)).as(streams.err()).contains(SUCCESS);
        }
        Files.delete(tar);
        var name = file.getFileName().toString();
        assertThat(sum(volume.resolve(name))).isEqualTo(sum(file));

        // Unpacked as it comes: no second file of that size.
        var unpacked = node().logs().resolveSibling("sum");
        var unpacking =
                new ProcessBuilder("sh", "-ec", "tar -xO " + name + " | sha256sum")
                        .redirectOutput(unpacked.toFile())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (var out = unpacking.getOutputStream();
                var streams =
                        new ContainerStreams(
                                execUrl(container, false, "tar", "-C", "/data", "-c", name), out)) {
            assertThat(streams.status(limit)).as(streams.err()).contains(SUCCESS);
        }
        assertThat(unpacking.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(Files.readString(unpacked)).startsWith(sum(file));
        Files.delete(volume.resolve(name));
        Files.delete(file);
    }

    private static String sum(Path file) {
        return Ran.run(Duration.ofMinutes(10), "sha256sum", file.toString())
                .succeeded()
                .out()
                .substring(0, 64);
    }

    private Path randomFile(long size) throws IOException {
        var file = node().logs().resolveSibling("random");
        var random = new Random(11);
        var block = new byte[1 << 20];
        try (var out = Files.newOutputStream(file)) {
            for (long written = 0; written < size; written += block.length) {
                random.nextBytes(block);
                out.write(block);
            }
        }
        return file;
    }

    private ContainerStreams exec(String container, boolean terminal, String... command) {
        return new ContainerStreams(execUrl(container, terminal, command));
    }

    /** A terminal has one output. */
    private String attachUrl(String container, boolean terminal) {
        return node().cri()
                .runtime()
                .attach(
                        AttachRequest.newBuilder()
                                .setContainerId(container)
                                .setTty(terminal)
                                .setStdin(true)
                                .setStdout(true)
                                .setStderr(!terminal)
                                .build())
                .getUrl();
    }

    private String execUrl(String container, boolean terminal, String... command) {
        return node().cri()
                .runtime()
                .exec(
                        ExecRequest.newBuilder()
                                .setContainerId(container)
                                .addAllCmd(java.util.List.of(command))
                                .setTty(terminal)
                                .setStdin(true)
                                .setStdout(true)
                                .setStderr(!terminal)
                                .build())
                .getUrl();
    }
}
