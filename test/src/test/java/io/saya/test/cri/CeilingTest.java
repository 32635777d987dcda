package io.saya.test.cri;

import static io.saya.test.cri.Limited.container;
import static io.saya.test.cri.Limited.memoryMib;
import static io.saya.test.cri.Limited.number;
import static io.saya.test.cri.Limited.resources;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Containers that may use more than the configuration lets a machine have. */
@WithProduct
final class CeilingTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int LEAST_MIB = 256;

    /** What is between the two is no whole number of the blocks that Linux adds memory in. */
    private static final int MOST_MIB = 1000;

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "runc has no machine");
    }

    @Override
    protected Node newNode() {
        return Node.with(
                """
                [hypervisor.qemu]
                default_memory = %d
                default_maxmemory = %d
                default_maxvcpus = 1
                """
                        .formatted(LEAST_MIB, MOST_MIB));
    }

    /** Its last memory was never taken, and each container waited for it for a quarter minute. */
    @Test
    void theyHaveAllThatItCanHaveAndTheLogSaysByWhichKeyItWouldBeMore() {
        var pod = pod();
        var idle = pod.idle("idle");
        var before = memoryMib(pod, idle);
        var large = container(pod, "large", resources(2000, 2));
        Wait.until(LIMIT, () -> memoryMib(pod, large) >= before + MOST_MIB - LEAST_MIB);
        assertThat(memoryMib(pod, large)).isEqualTo(before + MOST_MIB - LEAST_MIB);
        assertThat(number(pod, large, "nproc")).isEqualTo(1);
        assertThat(node().containerd().log())
                .contains("the machine has " + MOST_MIB + " (default_maxmemory")
                .contains("the machine has 1 (default_maxvcpus")
                .doesNotContain("has not taken all the memory")
                .doesNotContain("memory/memory");
    }
}
