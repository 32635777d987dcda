package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import io.saya.proto.containerd.pod.DNSConfig;
import io.saya.proto.containerd.pod.PodSandboxConfig;
import io.saya.proto.containerd.runc.ProcessDetails;
import io.saya.proto.containerd.sandbox.CreateSandboxRequest;
import io.saya.proto.containerd.sandbox.PingRequest;
import io.saya.proto.containerd.sandbox.PlatformRequest;
import io.saya.proto.containerd.sandbox.SandboxMetricsRequest;
import io.saya.proto.containerd.sandbox.SandboxStatusRequest;
import io.saya.proto.containerd.sandbox.ShutdownSandboxRequest;
import io.saya.proto.containerd.sandbox.StartSandboxRequest;
import io.saya.proto.containerd.sandbox.StopSandboxRequest;
import io.saya.proto.containerd.sandbox.WaitSandboxRequest;
import io.saya.proto.containerd.task.PidsRequest;
import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import io.saya.ttrpc.TtrpcException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Pods without a pause container, by containerd's sandbox service. */
@WithProduct
final class SandboxApiTest extends ShimSuite {

    private static final String LOOK =
            """
            cat /etc/resolv.conf /etc/hostname > /look.new; \
            grep -c ' /dev/shm ' /proc/mounts >> /look.new; mv /look.new /look; \
            echo > /ready; trap 'exit 0' TERM; while :; do sleep 0.1; done\
            """;

    @Test
    void aPodLivesWithoutAPauseContainer() throws Exception {
        var id = newId();
        try (var network = new PodNamespace(id);
                var pod = startSandbox(id)) {
            assertThatThrownBy(() -> state(pod)).hasMessageContaining("has not been created");
            create(pod, network);
            var started = pod.sandboxes().startSandbox(start(pod), Shim.within());
            var namespace = Path.of("/proc/" + started.getPid() + "/ns/net");
            assertThat(Files.isSameFile(namespace, Path.of(network.path()))).isTrue();
            assertThat(started.getCreatedAt().getSeconds()).isPositive();
            assertThat(started.getSpec().getTypeUrl()).endsWith("runtime-spec/1/Spec");
            assertThat(started.getSpec().getValue().toStringUtf8()).contains(network.path());
            assertThat(state(pod)).isEqualTo("SANDBOX_READY");
            var platform =
                    pod.sandboxes()
                            .platform(
                                    PlatformRequest.newBuilder().setSandboxId(id).build(),
                                    Shim.within())
                            .getPlatform();
            assertThat(platform.getOs()).isEqualTo("linux");
            assertThat(platform.getArchitecture()).isNotEmpty();
            var _ =
                    pod.sandboxes()
                            .pingSandbox(
                                    PingRequest.newBuilder().setSandboxId(id).build(),
                                    Shim.within());

            try (var member =
                    start("saya", newId(), annotations("container", id), "sh", "-c", LOOK)) {
                assertThat(member.socket()).isEqualTo(pod.socket());
                member.create("", "", "");
                member.start("");
                awaitReady();
                assertThat(Files.readString(directory().resolve("rootfs/look")))
                        .isEqualTo("search a.example\nnameserver 192.0.2.1\nbare\n1\n");
                assertThat(network.answers()).isTrue();
                execsAreListedWithTheirIds(member);
                assertThat(
                                pod.sandboxes()
                                        .sandboxMetrics(
                                                SandboxMetricsRequest.newBuilder()
                                                        .setSandboxId(id)
                                                        .build(),
                                                Shim.within())
                                        .getMetrics()
                                        .getData()
                                        .getTypeUrl())
                        .startsWith("io.containerd.cgroups.v");
            }
            // containerd has said Shutdown for it.
            assertThat(state(pod)).isEqualTo("SANDBOX_READY");
            try (var second =
                    start("saya", newId(), annotations("container", id), "sh", "-c", "exit 3")) {
                second.create("", "", "");
                second.start("");
                assertThat(second.await("")).isEqualTo(3);
            }

            var waiting = awaiting(pod);
            var _ =
                    pod.sandboxes()
                            .stopSandbox(
                                    StopSandboxRequest.newBuilder().setSandboxId(id).build(),
                                    Shim.within());
            noMachine(id);
            assertThat(waiting.get()).isEqualTo(137);
            assertThat(state(pod)).isEqualTo("SANDBOX_NOTREADY");
            shutDown(pod);
        }
    }

    @Test
    void whoWaitsForAPodLearnsThatItsMachineDied() throws Exception {
        var id = newId();
        try (var network = new PodNamespace(id);
                var pod = startSandbox(id)) {
            create(pod, network);
            var _ = pod.sandboxes().startSandbox(start(pod), Shim.within());
            var waiting = awaiting(pod);
            ProcessHandle.of(Host.processes("qemu-system", id).getFirst())
                    .orElseThrow()
                    .destroyForcibly();
            assertThat(waiting.get()).isEqualTo(255);
            noMachine(id);
            assertThat(state(pod)).isEqualTo("SANDBOX_NOTREADY");
            shutDown(pod);
        }
    }

    /** As runc's shim tells them apart; {@code ctr tasks ps} prints the id. */
    private static void execsAreListedWithTheirIds(Shim member) throws Exception {
        member.exec("e", "sleep", "1000");
        member.start("e");
        var listed =
                member.tasks()
                        .pids(PidsRequest.newBuilder().setId(member.id()).build(), Shim.within())
                        .getProcessesList();
        assertThat(listed).hasSize(2);
        assertThat(listed.getFirst().hasInfo()).isFalse();
        var info = listed.getLast().getInfo();
        assertThat(info.getTypeUrl()).isEqualTo("containerd.runc.v1.ProcessDetails");
        assertThat(ProcessDetails.parseFrom(info.getValue()).getExecId()).isEqualTo("e");
    }

    private void create(Shim pod, PodNamespace network) throws Exception {
        var config =
                PodSandboxConfig.newBuilder()
                        .setHostname("bare")
                        .setDnsConfig(
                                DNSConfig.newBuilder()
                                        .addServers("192.0.2.1")
                                        .addSearches("a.example"));
        var _ =
                pod.sandboxes()
                        .createSandbox(
                                CreateSandboxRequest.newBuilder()
                                        .setSandboxId(pod.id())
                                        .setBundlePath(pod.bundle().toString())
                                        .setNetnsPath(network.path())
                                        .setOptions(
                                                Any.newBuilder()
                                                        .setTypeUrl("runtime.v1.PodSandboxConfig")
                                                        .setValue(config.build().toByteString()))
                                        .build(),
                                Shim.within());
    }

    private static StartSandboxRequest start(Shim pod) {
        return StartSandboxRequest.newBuilder().setSandboxId(pod.id()).build();
    }

    private static String state(Shim pod) throws TtrpcException, InterruptedException {
        return pod.sandboxes()
                .sandboxStatus(
                        SandboxStatusRequest.newBuilder().setSandboxId(pod.id()).build(),
                        Shim.within())
                .getState();
    }

    private static CompletableFuture<Integer> awaiting(Shim pod) {
        var status = new CompletableFuture<Integer>();
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                status.complete(
                                        pod.sandboxes()
                                                .waitSandbox(
                                                        WaitSandboxRequest.newBuilder()
                                                                .setSandboxId(pod.id())
                                                                .build(),
                                                        Shim.within())
                                                .getExitStatus());
                            } catch (TtrpcException | InterruptedException e) {
                                status.completeExceptionally(e);
                            }
                        });
        return status;
    }

    private static void shutDown(Shim pod) throws Exception {
        var _ =
                pod.sandboxes()
                        .shutdownSandbox(
                                ShutdownSandboxRequest.newBuilder().setSandboxId(pod.id()).build(),
                                Shim.within());
        assertThat(Wait.until(Shim.LIMIT, () -> Host.processes("java", pod.id()).isEmpty()))
                .as("the daemon ends")
                .isTrue();
    }

    private static void noMachine(String id) {
        assertThat(Host.processes("qemu-system", id)).isEmpty();
        assertThat(Host.processes("virtiofsd", id)).isEmpty();
        assertThat(Host.processes("saya-task", id)).isEmpty();
    }
}
