package io.saya.test.cri;

import static io.saya.test.cri.Limited.MIB;
import static io.saya.test.cri.Limited.allocates;
import static io.saya.test.cri.Limited.container;
import static io.saya.test.cri.Limited.memory;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.proto.cri.PodSandboxConfig;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A guest with swap, for containers that ask for it. */
@WithProduct
final class GuestSwapTest extends PodSuite {
    private static final String ANNOTATION = "io.katacontainers.container.resource.";
    private static final String CGROUP =
            "cd /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup); ";

    private Path directory = Path.of("/nowhere");

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "a guest's swap");
    }

    @Override
    protected Node newNode() {
        try {
            directory = Files.createTempDirectory("saya-swap").resolve("files");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Node.with(
                """
                [hypervisor.qemu]
                enable_guest_swap = true
                guest_swap_path = "%s"
                """
                        .formatted(directory));
    }

    @AfterAll
    void noDirectory() throws IOException {
        Files.deleteIfExists(directory.resolveSibling(""));
    }

    private static PodSandboxConfig.Builder swapping(PodSandboxConfig.Builder config) {
        return config.putAnnotations(ANNOTATION + "swappiness", "60")
                .putAnnotations(ANNOTATION + "swap_in_bytes", Long.toString((64 + 192) * MIB));
    }

    private static String out(Pod pod, String container, String script) {
        var ran = pod.exec(container, "sh", "-c", script);
        assertThat(ran.status()).as(ran.toString()).isZero();
        return ran.out().strip();
    }

    /** What swap files of the host the guest has, and their sizes in KiB. */
    private static List<String> swaps(Pod pod, String container) {
        return out(
                        pod,
                        container,
                        "sed 1d /proc/swaps | while read a b size rest; do echo $size; done")
                .lines()
                .toList();
    }

    @Test
    void aHogSurvivesBySwapAndNotBeyondIt() {
        var pod = pod(GuestSwapTest::swapping);
        var hog = container(pod, "hog", memory(64));
        assertThat(swaps(pod, hog)).containsExactly(Long.toString(192 * 1024 - 4));
        assertThat(out(pod, hog, CGROUP + "cat memory.swap.max"))
                .isEqualTo(Long.toString(192 * MIB));
        assertThat(allocates(pod, hog, 160)).isZero();
        assertThat(out(pod, hog, "sed -n 's/pswpout //p' /proc/vmstat"))
                .satisfies(
                        pages -> assertThat(Long.parseLong(pages)).isGreaterThan(64 * MIB / 4096));
        assertThat(allocates(pod, hog, 300)).isEqualTo(137);
        // The file has lost its name, and ends with QEMU.
        assertThat(directory).doesNotExist();

        // One more takes more; what an ended one had is there for the next.
        var more = container(pod, "more", memory(64));
        assertThat(swaps(pod, more)).hasSize(2);
        pod.stop(more, Duration.ZERO);
        var next = container(pod, "next", memory(64));
        assertThat(swaps(pod, next)).hasSize(2);
        assertThat(allocates(pod, next, 160)).isZero();
    }

    @Test
    void aContainerThatDoesNotAskForSwapHasNone() {
        var pod = pod();
        var container = container(pod, "plain", memory(64));
        assertThat(swaps(pod, container)).isEmpty();
        assertThat(allocates(pod, container, 80)).isEqualTo(137);
    }
}
