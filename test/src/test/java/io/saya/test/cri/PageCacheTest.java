package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What becomes of a guest's page cache when its pod is short of memory on the host. */
@WithProduct
final class PageCacheTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final long MIB = 1 << 20;
    private static final int FILE_MIB = 400;

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "runc has the host's page cache");
    }

    @Test
    void aPodThatComesNearItsLimitGivesItBackAndRunsOn() {
        var cgroup = cgroup();
        var pod = podIn(cgroup);
        var writer = pod.idle("writer");
        var written =
                pod.exec(
                        writer,
                        "sh",
                        "-c",
                        "dd if=/dev/zero of=/file bs=1M count="
                                + FILE_MIB
                                + " 2>/dev/null && echo end >> /file && sync");
        assertThat(written.status()).as(written.toString()).isZero();
        assertThat(cgroup.heldMemory()).isGreaterThan(FILE_MIB * MIB);
        // As little as the kernel takes: no more than nine tenths held is what is waited for.
        var limit =
                cgroup.limitMemory(() -> (cgroup.heldMemory() + cgroup.kernelMemory()) / 99 * 100);
        assertThat(cgroup.heldMemory())
                .as("%d MiB are the kernel's", cgroup.kernelMemory() / MIB)
                .isGreaterThan(limit / 10 * 9);
        assertThat(Wait.until(LIMIT, () -> cgroup.heldMemory() < limit / 10 * 9))
                .as("%d of %d MiB", cgroup.heldMemory() / MIB, limit / MIB)
                .isTrue();
        // The guest answers when all is given up, which the host has seen to come before.
        assertThat(
                        Wait.until(
                                LIMIT,
                                () ->
                                        node().containerd()
                                                .log()
                                                .contains("its guest gave up page cache")))
                .isTrue();
        // What was given up is read again.
        assertThat(pod.exec(writer, "tail", "-c", "4", "/file").out()).isEqualTo("end\n");
    }
}
