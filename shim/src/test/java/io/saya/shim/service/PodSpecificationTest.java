package io.saya.shim.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import io.saya.oci.ContainerKind;
import io.saya.oci.OciSpec;
import io.saya.proto.containerd.pod.LinuxContainerResources;
import io.saya.proto.containerd.pod.LinuxPodSandboxConfig;
import io.saya.proto.containerd.pod.LinuxSandboxSecurityContext;
import io.saya.proto.containerd.pod.NamespaceMode;
import io.saya.proto.containerd.pod.NamespaceOption;
import io.saya.proto.containerd.pod.PodSandboxConfig;
import io.saya.proto.containerd.pod.PodSandboxMetadata;
import io.saya.proto.containerd.pod.UserNamespace;
import io.saya.proto.containerd.sandbox.CreateSandboxRequest;
import io.saya.task.PodFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a request for a sandbox comes to, in a sandbox container's words. */
class PodSpecificationTest {
    private static final String ID = "0123456789abcdef";
    private static final PodFiles FILES = new PodFiles(Path.of("/bundle"), Map.of());

    @Test
    void itIsWhatTheCriPluginSaysOfASandboxContainer() {
        PodSandboxConfig config =
                PodSandboxConfig.newBuilder()
                        .setMetadata(
                                PodSandboxMetadata.newBuilder()
                                        .setName("web")
                                        .setNamespace("shop")
                                        .setUid("u1"))
                        .setHostname("web-1")
                        .addAnnotations(annotation("example.com/a", "b"))
                        .addAnnotations(annotation("io.kubernetes.cri.sandbox-id", "another"))
                        .addAnnotations(
                                annotation("io.kubernetes.cri-o.ContainerType", "container"))
                        .setLinux(
                                LinuxPodSandboxConfig.newBuilder()
                                        .setCgroupParent("/kubepods/burstable/pod1")
                                        .setResources(
                                                LinuxContainerResources.newBuilder()
                                                        .setMemoryLimitInBytes(1 << 28)
                                                        .setCpuPeriod(100_000)
                                                        .setCpuQuota(50_000)))
                        .build();
        OciSpec spec = PodSpecification.of("k8s.io", request(config)).oci(FILES);
        assertThat(spec.kind()).isEqualTo(ContainerKind.POD_SANDBOX);
        assertThat(spec.sandboxId()).contains(ID);
        assertThat(spec.hostname()).isEqualTo("web-1");
        assertThat(spec.cgroupsPath()).isEqualTo("/kubepods/burstable/pod1/" + ID);
        assertThat(spec.networkNamespace()).contains(Path.of("/run/netns/n1"));
        assertThat(spec.annotations())
                .containsEntry("example.com/a", "b")
                .containsEntry("io.kubernetes.cri.sandbox-name", "web")
                .containsEntry("io.kubernetes.cri.sandbox-namespace", "shop")
                .containsEntry("io.kubernetes.cri.sandbox-memory", "268435456")
                .containsEntry("io.kubernetes.cri.sandbox-cpu-quota", "50000")
                .doesNotContainKey("io.kubernetes.cri-o.ContainerType");
        assertThat(spec.mounts().getFirst().source()).isEqualTo("/bundle/resolv.conf");
    }

    @Test
    void aSliceOfSystemdsIsNamedInItsForm() {
        PodSandboxConfig config =
                PodSandboxConfig.newBuilder()
                        .setLinux(
                                LinuxPodSandboxConfig.newBuilder()
                                        .setCgroupParent("/kubepods.slice/kubepods-pod1.slice"))
                        .build();
        OciSpec spec = PodSpecification.of("k8s.io", request(config)).oci(FILES);
        assertThat(spec.cgroupsPath()).isEqualTo("kubepods-pod1.slice:cri-containerd:" + ID);
        assertThat(spec.hostname()).isEqualTo("0123456789ab");
    }

    @Test
    void thatOfTheHostsNetworkAsksForNoNamespace() {
        assertThat(
                        PodSpecification.of(
                                        "k8s.io",
                                        request(
                                                sharing(
                                                        NamespaceOption.newBuilder()
                                                                .setNetwork(NamespaceMode.NODE))))
                                .oci(FILES)
                                .hostNetwork())
                .isTrue();
    }

    @Test
    void mappedUsersAreRefused() {
        var pod =
                PodSpecification.of(
                        "k8s.io",
                        request(
                                sharing(
                                        NamespaceOption.newBuilder()
                                                .setUsernsOptions(
                                                        UserNamespace.getDefaultInstance()))));
        assertThatThrownBy(() -> pod.oci(FILES)).hasMessageContaining("hostUsers");
    }

    @Test
    void optionsThatAreNoPodsAreLeftOut() {
        var request =
                CreateSandboxRequest.newBuilder()
                        .setSandboxId(ID)
                        .setNetnsPath("/run/netns/n1")
                        .setOptions(Any.newBuilder().setTypeUrl("another.Type"))
                        .build();
        assertThat(PodSpecification.of("tests", request).oci(FILES).cgroupsPath())
                .isEqualTo("/tests/" + ID);
    }

    @Test
    void withoutNameServersThoseOfTheHostAreTaken(@TempDir Path directory) throws Exception {
        PodSpecification.of("tests", request(PodSandboxConfig.getDefaultInstance()))
                .write(directory);
        assertThat(directory.resolve("resolv.conf"))
                .hasSameBinaryContentAs(Path.of("/etc/resolv.conf"));
        assertThat(Files.readString(directory.resolve("hostname"))).isEqualTo("0123456789ab\n");
    }

    private static PodSandboxConfig sharing(NamespaceOption.Builder options) {
        return PodSandboxConfig.newBuilder()
                .setLinux(
                        LinuxPodSandboxConfig.newBuilder()
                                .setSecurityContext(
                                        LinuxSandboxSecurityContext.newBuilder()
                                                .setNamespaceOptions(options)))
                .build();
    }

    private static PodSandboxConfig.AnnotationsEntry annotation(String key, String value) {
        return PodSandboxConfig.AnnotationsEntry.newBuilder().setKey(key).setValue(value).build();
    }

    private static CreateSandboxRequest request(PodSandboxConfig config) {
        return CreateSandboxRequest.newBuilder()
                .setSandboxId(ID)
                .setNetnsPath("/run/netns/n1")
                .setOptions(
                        Any.newBuilder()
                                .setTypeUrl("runtime.v1.PodSandboxConfig")
                                .setValue(config.toByteString()))
                .build();
    }
}
