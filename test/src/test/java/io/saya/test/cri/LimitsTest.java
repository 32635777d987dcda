package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerResources;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.UpdateContainerResourcesRequest;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Limits of containers in the guest: where programs find them, and that they hold. */
@WithProduct
final class LimitsTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long MIB = 1 << 20;
    private static final int HOST_CPUS = Runtime.getRuntime().availableProcessors();

    /** Of its own cgroup, by which its figures and limits are found as on a host with version 2. */
    private static final String CGROUP =
            "cd /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup); ";

    /** How much processor time it has had in six seconds of its own clock, in per cent. */
    private static final String SHARE =
            CGROUP
                    + "used() { sed -n 's/usage_usec //p' cpu.stat; };"
                    + " now() { cut -d ' ' -f 1 /proc/uptime | tr -d .; };"
                    + " u=$(used); t=$(now); sleep 6;"
                    + " echo $(( ($(used) - u) / ($(now) - t) / 100 ))";

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "a host with version 1 has no such files");
    }

    private static LinuxContainerResources.Builder resources(long mib, double cpus) {
        return LinuxContainerResources.newBuilder()
                .setMemoryLimitInBytes(mib * MIB)
                .setCpuPeriod(100_000)
                .setCpuQuota(Math.round(cpus * 100_000));
    }

    private static String started(
            Pod pod, String name, LinuxContainerResources.Builder resources, String script) {
        return pod.start(
                pod.create(
                        name,
                        config ->
                                config.addCommand("sh")
                                        .addArgs("-c")
                                        .addArgs(script)
                                        .setLinux(
                                                LinuxContainerConfig.newBuilder()
                                                        .setResources(resources))));
    }

    private static String out(Pod pod, String container, String script) {
        var ran = pod.exec(container, "sh", "-c", script);
        assertThat(ran.status()).as(ran.toString()).isZero();
        return ran.out().strip();
    }

    private static void assertFiles(Pod pod, String container, Map<String, String> files) {
        files.forEach(
                (file, text) ->
                        assertThat(out(pod, container, CGROUP + "cat " + file))
                                .as(file)
                                .isEqualTo(text));
    }

    private void update(String container, LinuxContainerResources.Builder resources) {
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
    void theyStandWhereProgramsLookAndFollowAnUpdate() {
        var pod = pod();
        var container =
                started(
                        pod,
                        "main",
                        resources(96, 1.5)
                                .setCpuShares(2048)
                                .setCpusetCpus(Integer.toString(HOST_CPUS - 1))
                                .setCpusetMems("0")
                                .putUnified("memory.oom.group", "1"),
                        Pod.IDLE);
        assertFiles(
                pod,
                container,
                Map.of(
                        "memory.max", Long.toString(96 * MIB),
                        "memory.oom.group", "1",
                        "cpu.max", "150000 100000",
                        "cpu.weight", "79",
                        "cpuset.cpus", "0",
                        "cpuset.mems", "0"));
        assertThat(out(pod, container, "nproc")).isEqualTo("1");
        assertThat(out(pod, container, "sed -n 's/MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo"))
                .satisfies(kib -> assertThat(Long.parseLong(kib)).isGreaterThan(96 << 10));

        update(container, resources(128, 0.5).setCpuShares(512).setCpusetCpus("0"));
        assertFiles(
                pod,
                container,
                Map.of(
                        "memory.max", Long.toString(128 * MIB),
                        "memory.oom.group", "1",
                        "cpu.max", "50000 100000",
                        "cpu.weight", "20",
                        "cpuset.cpus", "0"));
    }

    /** What is bound to different CPUs of the host is so in the guest, also when others come. */
    @Test
    void cpusOfTheHostBecomeTheGuests() {
        assumeTrue(HOST_CPUS > 1, "needs two processors");
        var pod = pod();
        var first = started(pod, "first", resources(64, 1).setCpusetCpus("1"), Pod.IDLE);
        assertThat(out(pod, first, "nproc")).isEqualTo("1");
        var second = started(pod, "second", resources(64, 1).setCpusetCpus("0"), Pod.IDLE);
        // The machine may have grown for it after it has begun; then they are bound anew.
        Wait.until(LIMIT, () -> !cpuset(pod, first).equals(cpuset(pod, second)));
        assertThat(cpuset(pod, first)).isNotEqualTo(cpuset(pod, second));
        update(first, resources(64, 1).setCpusetCpus("0-1"));
        assertComes(() -> Long.parseLong(out(pod, first, "nproc")), 2, 2);
    }

    /**
     * As runc and the host's kernel do; the guest's gets numbers of its own, and crun takes some.
     */
    @Test
    void whatCannotBeALimitIsRefusedByName() {
        var pod = pod();
        assertThatThrownBy(
                        () ->
                                started(
                                        pod,
                                        "wrong-shares",
                                        resources(64, 1).setCpuShares(262_145),
                                        Pod.IDLE))
                .hasMessageContaining("cpu.shares 262145");
        assertThatThrownBy(
                        () ->
                                started(
                                        pod,
                                        "wrong",
                                        resources(64, 1).setCpusetCpus("0,9999"),
                                        Pod.IDLE))
                .hasMessageContaining("cpuset.cpus '0,9999'");
        var container = started(pod, "main", resources(64, 1).setCpusetCpus("0"), Pod.IDLE);
        assertThatThrownBy(() -> update(container, resources(96, 1).setCpusetCpus("x")))
                .hasMessageContaining("cpuset.cpus 'x'");
        assertThatThrownBy(() -> update(container, resources(96, 1).setCpuPeriod(999)))
                .hasMessageContaining("cpu.period 999");
        assertFiles(
                pod, container, Map.of("memory.max", Long.toString(64 * MIB), "cpuset.cpus", "0"));
    }

    @Test
    void spinnersGetTheirQuota() {
        // Told of all from the start: it is not for this test to plug processors.
        var pod =
                pod(
                        config ->
                                config.setLinux(
                                        LinuxPodSandboxConfig.newBuilder()
                                                .setResources(resources(64, 2))));
        var spinner =
                started(
                        pod,
                        "spinner",
                        resources(64, 0.5),
                        "(while :; do :; done) & while :; do :; done");
        assertComes(() -> percent(pod, spinner), 45, 55);
        update(spinner, resources(64, 1));
        assertComes(() -> percent(pod, spinner), HOST_CPUS > 1 ? 90 : 80, 110);
        // All that a host of two processors has: how much of it there is depends on the host.
        update(spinner, resources(64, 2));
        assertComes(() -> percent(pod, spinner), HOST_CPUS > 1 ? 110 : 80, 220);
    }

    /**
     * That a figure comes to be within bounds: while others have the processors of the host, a
     * guest loses more than time.
     */
    private static void assertComes(LongSupplier figure, long least, long most) {
        var found = new AtomicLong();
        Wait.until(
                LIMIT,
                () -> {
                    found.set(figure.getAsLong());
                    return found.get() >= least && found.get() <= most;
                });
        assertThat(found.get()).isBetween(least, most);
    }

    private static String cpuset(Pod pod, String container) {
        return out(pod, container, CGROUP + "cat cpuset.cpus");
    }

    private static long percent(Pod pod, String spinner) {
        return Long.parseLong(out(pod, spinner, SHARE));
    }

    /** The host's kernel chooses among pods as it would among their processes. */
    @Test
    void theMachineHasTheOomScoreOfItsContainers() {
        var pod = pod();
        var file =
                Path.of(
                        "/proc/"
                                + Host.processes("qemu-system", pod.id()).getFirst()
                                + "/oom_score_adj");
        var _ = started(pod, "burstable", resources(64, 1).setOomScoreAdj(900), Pod.IDLE);
        assertThat(file).hasContent("900");
        var guaranteed = started(pod, "guaranteed", resources(64, 1).setOomScoreAdj(300), Pod.IDLE);
        assertThat(file).hasContent("300");
        pod.stop(guaranteed, Duration.ZERO);
        assertThat(
                        Wait.until(
                                LIMIT,
                                () ->
                                        Ran.run(LIMIT, "cat", file.toString())
                                                .out()
                                                .strip()
                                                .equals("900")))
                .isTrue();
    }

    @Test
    void aForkBombEndsAtThePodsLimitOfProcessesAndOthersGoOn() {
        var cgroup = cgroup();
        cgroup.limitProcesses(200);
        var pod = podIn(cgroup);
        var other = pod.idle("other");
        var bomb = pod.idle("bomb");
        var ran =
                pod.exec(
                        bomb,
                        "sh",
                        "-c",
                        "i=0; while [ $i -lt 300 ]; do sleep 1000 >/dev/null 2>&1 & i=$((i+1));"
                                + " done");
        assertThat(ran.status()).isNotZero();
        assertThat(ran.err()).contains("fork");
        assertThat(pod.status(bomb).getState()).isEqualTo(pod.status(other).getState());
        pod.stop(bomb, Duration.ZERO);
        assertThat(pod.exec(other, "true").status()).isZero();
        // What a kubelet changes meanwhile holds from the next update of a container on.
        cgroup.limitProcesses(20);
        update(other, resources(64, 1));
        assertThat(
                        pod.exec(
                                        other,
                                        "sh",
                                        "-c",
                                        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18"
                                                + " 19 20; do sleep 1 >/dev/null 2>&1 & done")
                                .err())
                .contains("fork");
    }
}
