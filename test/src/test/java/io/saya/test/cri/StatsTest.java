package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.ContainerStats;
import io.saya.proto.cri.ContainerStatsFilter;
import io.saya.proto.cri.ContainerStatsRequest;
import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerResources;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.ListContainerStatsRequest;
import io.saya.proto.cri.PodSandboxStats;
import io.saya.proto.cri.PodSandboxStatsRequest;
import io.saya.proto.cri.UpdateContainerResourcesRequest;
import io.saya.test.Containerd;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Figures, limits, and what happens beyond a limit. */
@WithProduct
final class StatsTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long MIB = 1 << 20;

    @Test
    void figuresOfContainersAndPodsGrow() {
        var pod = sharedPod();
        var busy = pod.started("busy", "while :; do :; done");
        var idle = pod.started("idle", "sleep 100000");
        var first = stats(busy);
        assertThat(first.getAttributes().getMetadata().getName()).isEqualTo("busy");
        assertThat(first.getMemory().getUsageBytes().getValue()).isPositive();
        assertThat(first.getMemory().getWorkingSetBytes().getValue()).isPositive();
        assertThat(
                        Wait.until(
                                LIMIT,
                                () ->
                                        cpu(stats(busy))
                                                > cpu(first) + Duration.ofMillis(300).toNanos()))
                .isTrue();
        assertThat(cpu(stats(idle))).isLessThan(cpu(stats(busy)));
        var all =
                node().cri()
                        .runtime()
                        .listContainerStats(
                                ListContainerStatsRequest.newBuilder()
                                        .setFilter(
                                                ContainerStatsFilter.newBuilder()
                                                        .setPodSandboxId(pod.id()))
                                        .build())
                        .getStatsList();
        assertThat(all).hasSize(2).allSatisfy(one -> assertThat(cpu(one)).isPositive());
    }

    @Test
    void aPodHasFiguresOfItsOwn() {
        // containerd reads them from the pod's cgroup on the host.
        try (var cgroup = new PodCgroup("saya-test-" + ProcessHandle.current().pid())) {
            var pod =
                    pod(
                            config ->
                                    config.setLinux(
                                            LinuxPodSandboxConfig.newBuilder()
                                                    .setCgroupParent(cgroup.path())));
            var container = pod.started("busy", "while :; do :; done");
            var stats = podStats(pod);
            // Those of the machine: its memory, and the processor time of its virtual processor.
            assertThat(stats.getLinux().getMemory().getUsageBytes().getValue())
                    .isGreaterThan(50 * MIB);
            assertThat(stats.getLinux().getMemory().getWorkingSetBytes().getValue())
                    .isGreaterThan(50 * MIB);
            var begun = stats.getLinux().getCpu().getUsageCoreNanoSeconds().getValue();
            assertThat(
                            Wait.until(
                                    LIMIT,
                                    () ->
                                            podStats(pod)
                                                            .getLinux()
                                                            .getCpu()
                                                            .getUsageCoreNanoSeconds()
                                                            .getValue()
                                                    > begun + Duration.ofMillis(300).toNanos()))
                    .isTrue();
            assertThat(stats.getAttributes().getId()).isEqualTo(pod.id());
            assertThat(stats.getLinux().getContainersList())
                    .extracting(one -> one.getAttributes().getId())
                    .containsExactly(container);
            assertThat(stats.getLinux().getProcess().getProcessCount().getValue()).isPositive();
            pod.remove();
        }
    }

    @Test
    void limitsAreSetAndChanged() {
        var pod = sharedPod();
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config ->
                                        config.addCommand("sleep")
                                                .addArgs("100000")
                                                .setLinux(memory(64 * MIB))));
        assertThat(limit(container)).isEqualTo(64 * MIB);
        var _ =
                node().cri()
                        .runtime()
                        .updateContainerResources(
                                UpdateContainerResourcesRequest.newBuilder()
                                        .setContainerId(container)
                                        .setLinux(
                                                LinuxContainerResources.newBuilder()
                                                        .setMemoryLimitInBytes(96 * MIB)
                                                        .setCpuPeriod(100_000)
                                                        .setCpuQuota(40_000))
                                        .build());
        // A guest that does not answer at once is told of as it was a moment ago.
        assertThat(Wait.until(LIMIT, () -> limit(container) == 96 * MIB)).isTrue();
        if (Containerd.runtime().contains("saya")) {
            // A host of cgroup v1 has no such file; the default guest has.
            assertThat(
                            pod.exec(
                                    container,
                                    "sh",
                                    "-c",
                                    "cat \"/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/cpu.max\""))
                    .isEqualTo(new Ran(0, "40000 100000\n", ""));
        }
    }

    @Test
    void aContainerBeyondItsMemoryIsOomKilledAndOthersAreNot() {
        var pod = sharedPod();
        var other = pod.idle("other");
        var container =
                pod.start(
                        pod.create(
                                "greedy",
                                config ->
                                        config.addCommand("tail")
                                                .addArgs("/dev/zero")
                                                .setLinux(memory(32 * MIB))));
        var status = pod.exited(container);
        assertThat(status.getExitCode()).isEqualTo(137);
        assertThat(status.getReason()).isEqualTo("OOMKilled");
        assertThat(pod.exec(other, "true").status()).isZero();
    }

    private PodSandboxStats podStats(Pod pod) {
        return node().cri()
                .runtime()
                .podSandboxStats(
                        PodSandboxStatsRequest.newBuilder().setPodSandboxId(pod.id()).build())
                .getStats();
    }

    /** The limit, from usage and what is left of it. */
    private long limit(String container) {
        var memory = stats(container).getMemory();
        return memory.getWorkingSetBytes().getValue() + memory.getAvailableBytes().getValue();
    }

    private static LinuxContainerConfig memory(long bytes) {
        return LinuxContainerConfig.newBuilder()
                .setResources(LinuxContainerResources.newBuilder().setMemoryLimitInBytes(bytes))
                .build();
    }

    private static long cpu(ContainerStats stats) {
        return stats.getCpu().getUsageCoreNanoSeconds().getValue();
    }

    private ContainerStats stats(String container) {
        return node().cri()
                .runtime()
                .containerStats(
                        ContainerStatsRequest.newBuilder().setContainerId(container).build())
                .getStats();
    }
}
