package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.Capability;
import io.saya.proto.cri.Int64Value;
import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerSecurityContext;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.LinuxSandboxSecurityContext;
import io.saya.test.WithProduct;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a pod's {@code securityContext} says, seen from inside. */
@WithProduct
final class SecurityTest extends PodSuite {

    @Test
    void aContainerRunsAsWhomItIsToldAndWithNoMoreRights() {
        var pod = pod();
        var container =
                started(
                        pod,
                        "restricted",
                        LinuxContainerSecurityContext.newBuilder()
                                .setRunAsUser(Int64Value.newBuilder().setValue(1000))
                                .setRunAsGroup(Int64Value.newBuilder().setValue(2000))
                                .addSupplementalGroups(3000)
                                .setReadonlyRootfs(true)
                                .setNoNewPrivs(true)
                                .setCapabilities(Capability.newBuilder().addDropCapabilities("ALL"))
                                .build());
        assertThat(pod.exec(container, "id", "-u").out()).isEqualTo("1000\n");
        assertThat(pod.exec(container, "id", "-g").out()).isEqualTo("2000\n");
        assertThat(pod.exec(container, "id", "-G").out().strip().split(" ", -1))
                .contains("2000", "3000");
        assertThat(pod.exec(container, "touch", "/x").err()).contains("Read-only file system");
        assertThat(pod.exec(container, "cat", "/proc/self/status").out())
                .contains("CapEff:\t0000000000000000", "NoNewPrivs:\t1");
    }

    @Test
    @Tag("full")
    void aPrivilegedContainerRulesItsMachineAndNotTheHost() {
        var pod =
                pod(
                        config ->
                                config.setLinux(
                                        LinuxPodSandboxConfig.newBuilder()
                                                .setSecurityContext(
                                                        LinuxSandboxSecurityContext.newBuilder()
                                                                .setPrivileged(true))));
        var privileged =
                started(
                        pod,
                        "privileged",
                        LinuxContainerSecurityContext.newBuilder().setPrivileged(true).build());
        var mounts = "mkdir -p /tmp/m && mount -t tmpfs none /tmp/m && grep -c /tmp/m /proc/mounts";
        assertThat(pod.exec(privileged, "sh", "-c", mounts).out()).isEqualTo("1\n");
        var other = pod.idle("other");
        assertThat(pod.exec(other, "sh", "-c", mounts).status()).isNotZero();
    }

    private static String started(Pod pod, String name, LinuxContainerSecurityContext security) {
        return pod.start(
                pod.create(
                        name,
                        config ->
                                config.addCommand("sleep")
                                        .addArgs("100000")
                                        .setLinux(
                                                LinuxContainerConfig.newBuilder()
                                                        .setSecurityContext(security))));
    }
}
