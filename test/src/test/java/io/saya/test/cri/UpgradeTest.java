package io.saya.test.cri;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.ContainerConfig;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A daemon that hands its sandbox over to another one while pods run. */
@WithProduct
final class UpgradeTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String COUNT =
            "trap 'exit 0' TERM; i=0; while :; do echo $i; i=$((i + 1)); sleep 0.02; done";

    @Test
    void aPodGoesOnUnderANewDaemonAndNothingOfItIsMissed() throws Exception {
        var shared = node().logs().resolveSibling("shared");
        var pod = pod();
        var counter = pod.started("counter", COUNT);
        var flood =
                pod.started(
                        "flood", "trap 'exit 0' TERM; while :; do seq 1 2000; sleep 0.01; done");
        var ending = pod.start(pod.create("ending", config -> ending(config, shared)));
        var interactive =
                pod.start(
                        pod.create(
                                "interactive", config -> config.setStdin(true).addCommand("cat")));
        var ended = pod.started("ended", "echo last words; exit 3");
        assertThat(pod.exited(ended).getExitCode()).isEqualTo(3);
        awaitLines(pod, counter, 10);
        var machines = Host.processes("qemu-system", pod.id());

        for (int round = 0; round < 2; round++) {
            var daemons = Host.processes("/bin/java", pod.id());
            var before = pod.log(counter).size();
            upgrade(pod.id());
            assertThat(Host.processes("/bin/java", pod.id()))
                    .hasSize(1)
                    .doesNotContainAnyElementsOf(daemons);
            awaitLines(pod, counter, before + 20);
            assertThat(pod.exec(counter, "echo", "here").out()).isEqualTo("here\n");
            assertThat(pod.ready()).isTrue();
        }
        assertThat(Host.processes("qemu-system", pod.id())).isEqualTo(machines);

        // Wait, asked of the first daemon, is answered by the last.
        Files.createFile(shared.resolve("stop"));
        assertThat(pod.exited(ending).getExitCode()).isEqualTo(7);
        pod.stop(counter, LIMIT);
        pod.stop(flood, LIMIT);
        assertThat(pod.exited(counter).getExitCode()).isZero();
        assertThat(pod.log(counter)).isEqualTo(numbers(0, pod.log(counter).size()));
        var flooded = pod.log(flood);
        for (int i = 0; i < flooded.size(); i++) {
            var expected = Integer.toString(i % 2000 + 1);
            if (i < flooded.size() - 1) {
                assertThat(flooded.get(i)).as("line %d", i).isEqualTo(expected);
            } else {
                // The signal that ended it may have come in the middle of a line.
                assertThat(expected).as("the last line").startsWith(flooded.get(i));
            }
        }
        for (var container : List.of(counter, flood, ending, interactive, ended)) {
            pod.remove(container);
        }
        pod.stop();
        assertThat(Host.processes("qemu-system", pod.id())).isEmpty();
        pod.remove();
        assertThat(Wait.until(LIMIT, () -> Host.traces(pod.id()).isEmpty()))
                .as("left: %s", Host.traces(pod.id()))
                .isTrue();
    }

    @Test
    void aPodThatIsNotTakenOverStaysAsItIs() throws Exception {
        var pod = pod();
        var counter = pod.started("counter", COUNT);
        var daemons = Host.processes("/bin/java", pod.id());

        // An installation without a daemon, and a second request while the first is under way.
        var empty = Files.createDirectories(node().logs().resolveSibling("empty/lib/runtime/bin"));
        var java =
                Files.writeString(
                        empty.resolve("java"),
                        "#!/bin/sh\nsleep 1; echo no such thing >&2; exit 4\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        Files.createFile(empty.resolve("../../a.jar").normalize());
        var installation = empty.resolve("../../..").normalize().toString();
        assertThat(ask(pod, "PUT", installation)).contains("200 OK");
        assertThat(ask(pod, "PUT", installation)).contains("503").contains("under way");
        assertThat(Wait.until(LIMIT, () -> ask(pod, "GET", "").contains("failed: "))).isTrue();
        assertThat(ask(pod, "GET", "")).contains("exit code 4").contains("no such thing");

        assertThat(Host.processes("/bin/java", pod.id())).isEqualTo(daemons);
        awaitLines(pod, counter, pod.log(counter).size() + 20);
        assertThat(pod.exec(counter, "echo", "here").out()).isEqualTo("here\n");
        pod.stop(counter, LIMIT);
        assertThat(pod.log(counter)).isEqualTo(numbers(0, pod.log(counter).size()));
    }

    @Test
    void killMeansStoppedWhileItIsHandedOver() throws Exception {
        for (var held : List.of(false, true)) {
            var pod = pod();
            var _ = pod.started("counter", COUNT);
            var upgrade =
                    CompletableFuture.supplyAsync(
                            () -> Ran.run(LIMIT, saya(), "upgrade", pod.id()));
            assertThat(
                            Wait.until(
                                    LIMIT,
                                    () ->
                                            upgrade.isDone()
                                                    || (held
                                                            ? Files.exists(
                                                                    directory(pod)
                                                                            .resolve(
                                                                                    "handover.json"))
                                                            : Host.processes("/bin/java", pod.id())
                                                                            .size()
                                                                    > 1)))
                    .isTrue();
            pod.stop();
            assertThat(Host.processes("qemu-system", pod.id())).isEmpty();
            pod.remove();
            var _ = upgrade.get();
            assertThat(Wait.until(LIMIT, () -> Host.traces(pod.id()).isEmpty()))
                    .as("left: %s", Host.traces(pod.id()))
                    .isTrue();
        }
    }

    /** The run directory, whose name begins with the id. */
    private static Path directory(Pod pod) {
        return Host.list(Path.of("/run/saya")).stream()
                .filter(
                        entry ->
                                entry.getFileName()
                                        .toString()
                                        .startsWith(pod.id().substring(0, 40)))
                .findFirst()
                .orElseThrow();
    }

    /** The daemon's page. */
    private static String ask(Pod pod, String method, String content) {
        var socket = UnixDomainSocketAddress.of(directory(pod).resolve("saya.sock"));
        try (var channel = SocketChannel.open(socket)) {
            var _ =
                    channel.write(
                            ByteBuffer.wrap(
                                    "%s /upgrade HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s"
                                            .formatted(method, content.length(), content)
                                            .getBytes(UTF_8)));
            return new String(Channels.newInputStream(channel).readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String saya() {
        return System.getProperty("saya.product") + "/bin/saya";
    }

    private static void upgrade(String sandbox) {
        var _ = Ran.run(LIMIT, saya(), "upgrade", sandbox).succeeded();
    }

    private static ContainerConfig.Builder ending(ContainerConfig.Builder config, Path shared) {
        return Pod.mount(config, shared, "/shared", false)
                .addCommand("sh")
                .addArgs("-c")
                .addArgs("until [ -e /shared/stop ]; do sleep 0.1; done; exit 7");
    }

    private static void awaitLines(Pod pod, String container, int count) {
        assertThat(Wait.until(LIMIT, () -> pod.log(container).size() > count))
                .as("more than %d lines: %s", count, pod.log(container))
                .isTrue();
    }

    private static List<String> numbers(int first, int count) {
        return IntStream.range(first, first + count).mapToObj(Integer::toString).toList();
    }
}
