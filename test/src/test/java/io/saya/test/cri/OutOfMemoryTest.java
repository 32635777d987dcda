package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerResources;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Who runs out of memory: a container, a pod, a guest. That of the host, which kills the VM: {@link
 * CgroupTest#aPodThatRunsOutOfMemoryIsOomKilled}.
 */
@WithProduct
final class OutOfMemoryTest extends PodSuite {
    private static final long MIB = 1 << 20;

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "runc has no guest");
    }

    /** Machines that are soon full. */
    @Override
    protected Node newNode() {
        return Node.with("[hypervisor.qemu]\ndefault_memory = 256\n");
    }

    /** What a kubelet mounts into a container, for what its pod's status is to say of its end. */
    private Path message(String name) {
        return node().containerd().directory().resolve("message-" + name);
    }

    private String greedy(Pod pod, String name, long limitMib) {
        try {
            Files.deleteIfExists(message(name));
            Files.createFile(message(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return pod.start(
                pod.create(
                        name,
                        config ->
                                Pod.mount(config, message(name), "/dev/termination-log", false)
                                        .addCommand("tail")
                                        .addArgs("/dev/zero")
                                        .setLinux(
                                                LinuxContainerConfig.newBuilder()
                                                        .setResources(
                                                                LinuxContainerResources.newBuilder()
                                                                        .setMemoryLimitInBytes(
                                                                                limitMib * MIB)))));
    }

    private void assertKilled(Pod pod, String name, long limitMib, String why) {
        var container = greedy(pod, name, limitMib);
        var status = pod.exited(container);
        assertThat(status.getExitCode()).isEqualTo(137);
        assertThat(status.getReason()).isEqualTo("OOMKilled");
        assertThat(node().containerd().log().lines())
                .anySatisfy(line -> assertThat(line).contains(container, why));
        assertThat(message(name)).hasContent("out of memory: " + why);
    }

    @Test
    void aContainersLimitAndItsPodsAreToldApart() {
        var cgroup = cgroup();
        // Of which the containers together get what the machine leaves, a good quarter.
        cgroup.limitMemory(320 * MIB);
        var pod = podIn(cgroup);
        var other = pod.idle("other");
        assertKilled(pod, "own", 32, "its own limit is reached");
        assertKilled(pod, "pods", 0, "the limit of its pod is reached");
        assertThat(pod.exec(other, "true").status()).isZero();
    }

    @Test
    void aGuestThatHasNoneLeftSaysSoAndOthersGoOn() {
        var pod = pod();
        var other = pod.idle("other");
        assertKilled(
                pod,
                "greedy",
                0,
                "the guest as a whole has no memory left, and its kernel chose this container");
        assertThat(pod.exec(other, "true").status()).isZero();
    }
}
