package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerResources;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.PodSandboxConfig;
import java.util.function.UnaryOperator;

/** Pods and containers with limits, and what they have by that. */
final class Limited {
    static final long MIB = 1 << 20;

    private Limited() {}

    /** A limit of memory alone. */
    static LinuxContainerResources memory(long mib) {
        return LinuxContainerResources.newBuilder().setMemoryLimitInBytes(mib * MIB).build();
    }

    static LinuxContainerResources resources(long mib, double cpus) {
        return memory(mib).toBuilder()
                .setCpuPeriod(100_000)
                .setCpuQuota(Math.round(cpus * 100_000))
                .build();
    }

    /** Tells, as a kubelet does, what the containers of a pod may use in sum. */
    static UnaryOperator<PodSandboxConfig.Builder> told(LinuxContainerResources sum) {
        return config -> config.setLinux(LinuxPodSandboxConfig.newBuilder().setResources(sum));
    }

    /** Starts a container that sleeps. */
    static String container(Pod pod, String name, LinuxContainerResources resources) {
        return pod.start(
                pod.create(
                        name,
                        config ->
                                config.addCommand("sleep")
                                        .addArgs("100000")
                                        .setLinux(
                                                LinuxContainerConfig.newBuilder()
                                                        .setResources(resources))));
    }

    /** What the machine of a container has, as its kernel tells it. */
    static long memoryMib(Pod pod, String container) {
        return number(pod, container, "sed -n 's/MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo")
                / 1024;
    }

    /** What a script prints. */
    static long number(Pod pod, String container, String script) {
        var ran = pod.exec(container, "sh", "-c", script);
        assertThat(ran.status()).as(ran.toString()).isZero();
        return Long.parseLong(ran.out().strip());
    }

    /** The exit status of a process that touches as much memory at once. */
    static int allocates(Pod pod, String container, int mib) {
        return pod.exec(
                        container,
                        "dd",
                        "if=/dev/zero",
                        "of=/dev/null",
                        "bs=" + mib + "M",
                        "count=1")
                .status();
    }
}
