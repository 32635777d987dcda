package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerResources;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.test.Containerd;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A guest that is not the default one gets memory in modules. Here it is the default one under
 * another name, whose kernel takes both.
 */
@WithProduct
final class MemoryModulesTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long MIB = 1 << 20;

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
            return new Node(
                    List.of(Node.BRIDGE),
                    Map.of(),
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

    private static LinuxContainerResources resources(long mib) {
        return LinuxContainerResources.newBuilder()
                .setMemoryLimitInBytes(mib * MIB)
                .setCpuPeriod(100_000)
                .setCpuQuota(100_000)
                .build();
    }

    private static String container(Pod pod, String name, long mib) {
        return pod.start(
                pod.create(
                        name,
                        config ->
                                config.addCommand("sleep")
                                        .addArgs("100000")
                                        .setLinux(
                                                LinuxContainerConfig.newBuilder()
                                                        .setResources(resources(mib)))));
    }

    private static long memoryMib(Pod pod, String container) {
        var ran =
                pod.exec(
                        container,
                        "sed",
                        "-n",
                        "s/MemTotal: *\\([0-9]*\\) kB/\\1/p",
                        "/proc/meminfo");
        assertThat(ran.status()).as(ran.toString()).isZero();
        return Long.parseLong(ran.out().strip()) / 1024;
    }

    private static int allocates(Pod pod, String container, int mib) {
        return pod.exec(
                        container,
                        "dd",
                        "if=/dev/zero",
                        "of=/dev/null",
                        "bs=" + mib + "M",
                        "count=1")
                .status();
    }

    @Test
    void itGrowsByModulesWhileThereAreSlotsAndKeepsWhatItHas() {
        var pod =
                pod(
                        config ->
                                config.setLinux(
                                        LinuxPodSandboxConfig.newBuilder()
                                                .setResources(resources(64))));
        var first = container(pod, "first", 64);
        var small = memoryMib(pod, first);
        assertThat(small).isBetween(65L, 64L + GUEST_MIB);

        var second = container(pod, "second", 512);
        assertThat(Wait.until(LIMIT, () -> memoryMib(pod, first) >= 577)).isTrue();
        var grown = memoryMib(pod, first);
        assertThat(grown).isLessThan(576 + 2 * GUEST_MIB + BLOCK_MIB);
        assertThat((grown - small) % BLOCK_MIB).isZero();
        assertThat(allocates(pod, second, 480)).isZero();
        assertThat(allocates(pod, second, 540)).isEqualTo(137);

        pod.stop(second, Duration.ZERO);
        var third = container(pod, "third", 1024);
        assertThat(Wait.until(LIMIT, () -> memoryMib(pod, first) >= 1089)).isTrue();
        assertThat(allocates(pod, third, 980)).isZero();

        var fourth = container(pod, "fourth", 1024);
        assertThat(node().containerd().log()).contains("raise memory_slots in");
        assertThat(pod.exec(fourth, "true").status()).isZero();
    }
}
