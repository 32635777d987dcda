package io.saya.test.cri;

import static io.saya.test.cri.Limited.MIB;
import static io.saya.test.cri.Limited.allocates;
import static io.saya.test.cri.Limited.container;
import static io.saya.test.cri.Limited.memoryMib;
import static io.saya.test.cri.Limited.number;
import static io.saya.test.cri.Limited.resources;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.proto.cri.ContainerState;
import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerResources;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.UpdateContainerResourcesRequest;
import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a machine has follows what its containers may use. */
@WithProduct
final class SizeTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /**
     * Within which what containers have freed is back on the host, however busy that is; idle it is
     * half a minute at most, which the benchmark shows.
     */
    private static final Duration GIVEN_BACK = Duration.ofMinutes(2);

    /** Within which most of it is: what is measured first may be a little too much. */
    private static final Duration MOSTLY_GIVEN_BACK = Duration.ofSeconds(10);

    /** What the kernel keeps for itself before it counts, and what is there for the guest. */
    private static final int GUEST_MIB = 128;

    private static final int HOST_CPUS = Runtime.getRuntime().availableProcessors();

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "runc has no machine");
    }

    /** Tells, as a kubelet does, what the containers may use in sum. */
    private Pod told(long mib, double cpus) {
        return pod(Limited.told(resources(mib, cpus)));
    }

    /** A guest that is slow takes what it was offered after its container has begun. */
    private static void assertMemoryMib(Pod pod, String container, long least, long most) {
        Wait.until(LIMIT, () -> memoryMib(pod, container) >= least);
        assertThat(memoryMib(pod, container)).isBetween(least, most);
    }

    private static void assertCpus(Pod pod, String container, long expected) {
        Wait.until(LIMIT, () -> cpus(pod, container) == expected);
        assertThat(cpus(pod, container)).isEqualTo(expected);
    }

    private static long cpus(Pod pod, String container) {
        return number(pod, container, "grep -c ^processor /proc/cpuinfo");
    }

    /** What a machine of one CPU has that had more meanwhile: emulated, it keeps them. */
    private static long cpusAfterwards(Pod pod) {
        return Host.emulated(pod.id()) ? Math.min(2, HOST_CPUS) : 1;
    }

    private void update(String container, LinuxContainerResources resources) {
        var _ =
                node().cri()
                        .runtime()
                        .updateContainerResources(
                                UpdateContainerResourcesRequest.newBuilder()
                                        .setContainerId(container)
                                        .setLinux(resources)
                                        .build());
    }

    @Test
    void aPodHasWhatItsContainersMayUseFromTheStart() {
        for (long mib : new long[] {64, 4096}) {
            var pod = told(mib, mib == 64 ? 0.5 : 2);
            var container = container(pod, "main", resources(mib, mib == 64 ? 0.5 : 2));
            assertThat(memoryMib(pod, container)).isBetween(mib + 1, mib + GUEST_MIB);
            assertThat(cpus(pod, container)).isEqualTo(mib == 64 ? 1 : Math.min(2, HOST_CPUS));
            pod.remove();
        }
    }

    /** With limits of their own, and then one without any. */
    @Test
    void severalContainersHaveTheirSumAndEachItsOwn() {
        var pod = told(576, 1);
        var small = container(pod, "small", resources(64, 0.5));
        var large = container(pod, "large", resources(512, 0.5));
        var sum = memoryMib(pod, small);
        assertThat(sum).isBetween(577L, 576L + GUEST_MIB);
        assertThat(cpus(pod, small)).isEqualTo(1);
        assertThat(ofCgroup(pod, small, "memory.max", "cpu.max"))
                .isEqualTo(64 * MIB + " 50000 100000");
        assertThat(ofCgroup(pod, large, "memory.max", "cpu.max"))
                .isEqualTo(512 * MIB + " 50000 100000");
        assertThat(allocates(pod, small, 80)).isEqualTo(137);
        assertThat(allocates(pod, large, 480)).isZero();

        var free = pod.idle("free");
        assertMemoryMib(pod, free, 2048, 2048 + 576);
        assertCpus(pod, free, Math.min(2, HOST_CPUS));
        assertThat(number(pod, free, "nproc")).isEqualTo(Math.min(2, HOST_CPUS));
        assertThat(ofCgroup(pod, free, "memory.max", "cpu.max")).isEqualTo("max max 100000");
        assertThat(allocates(pod, free, 600)).isZero();
        pod.stop(free, Duration.ZERO);
        assertThat(Wait.until(LIMIT, () -> memoryMib(pod, small) < sum + 64))
                .as("%d MiB", memoryMib(pod, small))
                .isTrue();
        assertThat(Wait.until(LIMIT, () -> cpus(pod, small) == cpusAfterwards(pod))).isTrue();
    }

    private static String ofCgroup(Pod pod, String container, String... files) {
        var ran =
                pod.exec(
                        container,
                        "sh",
                        "-c",
                        "cd /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup) && echo $(cat "
                                + String.join(" ", files)
                                + ")");
        assertThat(ran.status()).as(ran.toString()).isZero();
        return ran.out().strip();
    }

    @Test
    void withoutLimitsItHasTheDefault() {
        var pod = pod();
        var container = pod.idle("main");
        assertThat(memoryMib(pod, container)).isBetween(1900L, 2048L);
        assertThat(cpus(pod, container)).isEqualTo(1);
    }

    @Test
    void theMachineFollowsContainersThatComeAndGo() {
        var pod = told(64, 0.5);
        var first = container(pod, "first", resources(64, 0.5));
        var small = memoryMib(pod, first);
        var second = container(pod, "second", resources(512, 1.5));
        assertMemoryMib(pod, first, 576, 576 + GUEST_MIB + small - 64);
        assertCpus(pod, first, Math.min(2, HOST_CPUS));
        pod.stop(second, Duration.ZERO);
        assertThat(Wait.until(LIMIT, () -> memoryMib(pod, first) < small + 64))
                .as("%d MiB", memoryMib(pod, first))
                .isTrue();
        assertThat(Wait.until(LIMIT, () -> cpus(pod, first) == cpusAfterwards(pod))).isTrue();
    }

    @Test
    void itFollowsAnUpdateInPlaceBothWays() {
        var pod = told(64, 0.5);
        var container = container(pod, "main", resources(64, 0.5));
        var small = memoryMib(pod, container);
        update(container, resources(512, 2));
        assertMemoryMib(pod, container, 513, 512 + GUEST_MIB + small);
        assertCpus(pod, container, Math.min(2, HOST_CPUS));
        // What was not there before can be used.
        assertThat(allocates(pod, container, 400)).isZero();
        update(container, resources(64, 0.5));
        assertThat(Wait.until(LIMIT, () -> memoryMib(pod, container) < small + 64)).isTrue();
        assertThat(Wait.until(LIMIT, () -> cpus(pod, container) == cpusAfterwards(pod))).isTrue();
        // And once more, of which an emulated QEMU died.
        update(container, resources(512, 2));
        assertCpus(pod, container, Math.min(2, HOST_CPUS));
    }

    @Test
    void moreThanTheHostHasIsClippedAndTheContainerRuns() {
        var pod = told(512, HOST_CPUS + 2);
        var container = container(pod, "main", resources(512, HOST_CPUS + 2));
        assertThat(memoryMib(pod, container)).isBetween(513L, 512L + GUEST_MIB);
        assertCpus(pod, container, HOST_CPUS);
        assertThat(allocates(pod, container, 480)).isZero();
        assertThat(allocates(pod, container, 540)).isEqualTo(137);
        assertThat(node().containerd().log()).contains("less than was asked for");
    }

    @Test
    void containersThatTakeAGibibyteAndEndLeaveTheHostWhereItWas() {
        takeAndEnd(1);
    }

    @Test
    @Tag("full")
    @Timeout(1800)
    void manySuchContainersLeaveTheHostWhereItWas() {
        takeAndEnd(30);
    }

    private void takeAndEnd(int cycles) {
        var cgroup = cgroup();
        var pod =
                pod(
                        config ->
                                config.setLinux(
                                        LinuxPodSandboxConfig.newBuilder()
                                                .setCgroupParent(cgroup.path())
                                                .setResources(resources(64, 1))));
        var idle = container(pod, "idle", resources(64, 1));
        var small = memoryMib(pod, idle);
        // The first has the guest load what it needs for it.
        takeAGibibyte(pod);
        var before = settled(cgroup, 0, MOSTLY_GIVEN_BACK);
        for (int cycle = 0; cycle < cycles; cycle++) {
            takeAGibibyte(pod);
        }
        assertThat(settled(cgroup, before + before / 10, GIVEN_BACK))
                .as("after %d cycles, in bytes", cycles)
                .isLessThanOrEqualTo(before + before / 10);
        assertThat(Wait.until(LIMIT, () -> memoryMib(pod, idle) < small + 64)).isTrue();
    }

    private static void takeAGibibyte(Pod pod) {
        var container =
                pod.start(
                        pod.create(
                                "greedy",
                                config ->
                                        config.addCommand("dd")
                                                .addArgs("if=/dev/zero")
                                                .addArgs("of=/dev/null")
                                                .addArgs("bs=1024M")
                                                .addArgs("count=1")
                                                .setLinux(
                                                        LinuxContainerConfig.newBuilder()
                                                                .setResources(
                                                                        resources(1100, 1)))));
        Wait.until(LIMIT, () -> ended(pod, container));
        assertThat(pod.exited(container).getExitCode()).isZero();
        pod.remove(container);
    }

    private static boolean ended(Pod pod, String container) {
        return pod.status(container).getState() == ContainerState.CONTAINER_EXITED;
    }

    /**
     * The least that the pod costs within a limit, or what is at most a bound. The host's own page
     * cache of its files, which the host takes back when it needs to, is not counted.
     */
    private static long settled(PodCgroup cgroup, long bound, Duration limit) {
        var least = new AtomicLong(Long.MAX_VALUE);
        Wait.until(limit, () -> least.accumulateAndGet(cgroup.heldMemory(), Math::min) <= bound);
        return least.get();
    }

    @Test
    void aHogIsKilledAtItsLimitAndNotBefore() {
        var pod = told(64, 0.5);
        var container = container(pod, "main", resources(64, 0.5));
        assertThat(allocates(pod, container, 48)).isZero();
        assertThat(allocates(pod, container, 80)).isEqualTo(137);
    }
}
