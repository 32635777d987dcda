package io.saya.test.cri;

import static io.saya.test.cri.Limited.allocates;
import static io.saya.test.cri.Limited.container;
import static io.saya.test.cri.Limited.memoryMib;
import static io.saya.test.cri.Limited.resources;
import static io.saya.test.cri.Limited.told;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.test.Containerd;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A guest that is not the default one gets memory in modules. Here it is the default one under
 * another name, whose kernel takes both.
 */
@WithProduct
final class MemoryModulesTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** What Linux adds memory in. */
    private static final int BLOCK_MIB = 128;

    private static final int GUEST_MIB = 128;

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "runc has no machine");
    }

    @Override
    protected Node newNode() {
        try {
            var initrd = Files.createTempFile("saya-other", ".img");
            initrd.toFile().deleteOnExit();
            Files.write(
                    initrd,
                    Files.readAllBytes(Containerd.product().resolve("share/saya/saya-initrd.img")));
            return Node.with(
                    """
                    [hypervisor.qemu]
                    initrd = "%s"
                    memory_slots = 2
                    [agent.kata]
                    transport = "virtio-serial"
                    """
                            .formatted(initrd));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void itGrowsByModulesWhileThereAreSlotsAndKeepsWhatItHas() {
        var pod = pod(told(resources(64, 1)));
        var first = container(pod, "first", resources(64, 1));
        var small = memoryMib(pod, first);
        assertThat(small).isBetween(65L, 64L + GUEST_MIB);

        var second = container(pod, "second", resources(512, 1));
        assertThat(Wait.until(LIMIT, () -> memoryMib(pod, first) >= 577)).isTrue();
        var grown = memoryMib(pod, first);
        assertThat(grown).isLessThan(576 + 2 * GUEST_MIB + BLOCK_MIB);
        assertThat((grown - small) % BLOCK_MIB).isZero();
        assertThat(allocates(pod, second, 480)).isZero();
        assertThat(allocates(pod, second, 540)).isEqualTo(137);

        pod.stop(second, Duration.ZERO);
        var third = container(pod, "third", resources(1024, 1));
        assertThat(Wait.until(LIMIT, () -> memoryMib(pod, first) >= 1089)).isTrue();
        assertThat(allocates(pod, third, 980)).isZero();

        var fourth = container(pod, "fourth", resources(1024, 1));
        assertThat(node().containerd().log()).contains("raise memory_slots in");
        assertThat(pod.exec(fourth, "true").status()).isZero();
    }
}
