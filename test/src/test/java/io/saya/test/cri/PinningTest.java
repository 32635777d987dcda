package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerResources;
import io.saya.proto.cri.UpdateContainerResourcesRequest;
import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code enable_vcpus_pinning}: which CPUs of the host the threads of virtual CPUs may run on. */
@WithProduct
final class PinningTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "runc has no virtual CPUs");
        assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "needs two processors");
    }

    @Override
    protected Node newNode() {
        return Node.with("[runtime]\nenable_vcpus_pinning = true\n");
    }

    private static LinuxContainerResources onCpus(String cpus) {
        return LinuxContainerResources.newBuilder()
                .setMemoryLimitInBytes(64 << 20)
                .setCpuPeriod(100_000)
                .setCpuQuota(100_000)
                .setCpusetCpus(cpus)
                .build();
    }

    /** How many threads of the VM may run on CPU 1 alone. */
    private static long pinned(Pod pod) {
        var tasks =
                Path.of("/proc/" + Host.processes("qemu-system", pod.id()).getFirst() + "/task");
        try (var threads = Files.list(tasks)) {
            return threads.filter(PinningTest::isPinned).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isPinned(Path thread) {
        try {
            return Files.readString(thread.resolve("status")).contains("Cpus_allowed_list:\t1\n");
        } catch (IOException e) {
            return false; // It has ended.
        }
    }

    @Test
    void aVirtualCpuIsBoundToTheCpuOfItsContainerAndFreeWhenThereAreMore() {
        var pod = pod();
        assertThat(pinned(pod)).isZero();
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config ->
                                        config.addCommand("sleep")
                                                .addArgs("100000")
                                                .setLinux(
                                                        LinuxContainerConfig.newBuilder()
                                                                .setResources(onCpus("1")))));
        assertThat(pinned(pod)).isEqualTo(1);
        assertThat(pod.exec(container, "true").status()).isZero();
        var _ =
                node().cri()
                        .runtime()
                        .updateContainerResources(
                                UpdateContainerResourcesRequest.newBuilder()
                                        .setContainerId(container)
                                        .setLinux(onCpus("0-1"))
                                        .build());
        assertThat(Wait.until(LIMIT, () -> pinned(pod) == 0)).isTrue();
    }
}
