package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.ContainerConfig;
import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A containerd that is killed and comes back while pods run. */
@WithProduct
final class RestartTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration AWAY = Duration.ofSeconds(3);

    @Override
    protected Node newNode() {
        return new Node();
    }

    @Test
    void podsGoOnWithoutContainerdAndNothingOfThemIsMissed() throws Exception {
        var shared = node().logs().resolveSibling("shared");
        var pod = pod();
        var counter =
                pod.started(
                        "counter",
                        "trap 'exit 0' TERM; i=0; while :; do echo $i; i=$((i + 1)); sleep 0.05; done");
        var ending = pod.start(pod.create("ending", config -> ending(config, shared)));
        var machines = Host.processes("qemu-system", pod.id());
        awaitLines(pod, counter, 10);

        var before = pod.log(counter).size();
        node().crash();
        try {
            var away = System.nanoTime();
            Files.createFile(shared.resolve("stop"));
            assertThat(
                            Wait.until(
                                    LIMIT,
                                    () ->
                                            Files.exists(shared.resolve("ended"))
                                                    && System.nanoTime() - away > AWAY.toNanos()))
                    .as("the container goes on")
                    .isTrue();
        } finally {
            node().start();
        }

        // What it wrote meanwhile, and what it writes now.
        awaitLines(pod, counter, before + 100);
        assertThat(pod.exec(counter, "echo", "here").out()).isEqualTo("here\n");
        assertThat(pod.exited(ending).getExitCode()).isEqualTo(7);
        assertThat(pod.ready()).isTrue();
        assertThat(Host.processes("qemu-system", pod.id())).isEqualTo(machines);
        pod.stop(counter, LIMIT);
        assertThat(pod.exited(counter).getExitCode()).isZero();
        assertThat(pod.log(counter)).isEqualTo(numbers(pod.log(counter).size()));
        pod.remove(counter);
        pod.remove(ending);
        pod.stop();
        assertThat(Host.processes("qemu-system", pod.id())).isEmpty();
        pod.remove();
    }

    private static ContainerConfig.Builder ending(ContainerConfig.Builder config, Path shared) {
        return Pod.mount(config, shared, "/shared", false)
                .addCommand("sh")
                .addArgs("-c")
                .addArgs(
                        "until [ -e /shared/stop ]; do sleep 0.1; done; echo > /shared/ended; exit 7");
    }

    private static void awaitLines(Pod pod, String container, int count) {
        assertThat(Wait.until(LIMIT, () -> pod.log(container).size() > count))
                .as("more than %d lines: %s", count, pod.log(container))
                .isTrue();
    }

    private static List<String> numbers(int count) {
        return IntStream.range(0, count).mapToObj(Integer::toString).toList();
    }
}
