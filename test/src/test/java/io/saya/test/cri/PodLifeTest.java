package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.grpc.StatusRuntimeException;
import io.saya.proto.cri.ContainerState;
import io.saya.test.Containerd;
import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A pod's life, from RunPodSandbox to RemovePodSandbox, and those of its containers within it. */
@WithProduct
final class PodLifeTest extends PodSuite {
    private static final Duration GRACE = Duration.ofSeconds(20);

    @Test
    void aPodWithoutContainersRunsStopsAndGoes() {
        var pod = pod();
        assertThat(pod.ready()).isTrue();
        pod.stop();
        assertThat(pod.ready()).isFalse();
        pod.stop();
        pod.remove();
        pod.remove();
    }

    @Test
    void aPodOutlivesItsLastContainerAndItIsRestartedInTheSameMachine() {
        var pod = pod();
        var bootId = "cat /proc/sys/kernel/random/boot_id";
        var first = pod.started("main", bootId + "; exit 3");
        assertThat(pod.exited(first).getExitCode()).isEqualTo(3);
        assertThat(pod.status(first).getReason()).isEqualTo("Error");
        pod.remove(first);
        assertThat(pod.ready()).isTrue();
        var second = pod.started("main", bootId);
        assertThat(pod.exited(second).getExitCode()).isZero();
        assertThat(pod.status(second).getReason()).isEqualTo("Completed");
        var third = pod.started("main", bootId);
        pod.exited(third);
        assertThat(pod.log(third)).hasSize(1).isEqualTo(pod.log(second));
        assertThat(pod.ready()).isTrue();
    }

    @Test
    void initContainersRunOneAfterAnotherAndTheOthersFindWhatTheyMade() {
        var pod = pod();
        var shared = node().logs().resolveSibling("prepared");
        for (var name : new String[] {"init-1", "init-2"}) {
            var init = withVolume(pod, name, shared, "echo " + name + " | tee -a /data/made");
            assertThat(pod.exited(init).getExitCode()).isZero();
            assertThat(pod.log(init)).containsExactly(name);
        }
        var main = withVolume(pod, "main", shared, "cat /data/made");
        assertThat(pod.exited(main).getExitCode()).isZero();
        assertThat(pod.log(main)).containsExactly("init-1", "init-2");
    }

    private static String withVolume(Pod pod, String name, Path volume, String script) {
        return pod.start(
                pod.create(
                        name,
                        config ->
                                Pod.mount(config, volume, "/data", false)
                                        .addCommand("sh")
                                        .addArgs("-c")
                                        .addArgs(script)));
    }

    @Test
    void oneMachineServesAllContainersOfAPod() throws Exception {
        assumeThat(Containerd.runtime()).contains("saya");
        var pod = pod();
        var machines = Host.processes("qemu-system", pod.id());
        assertThat(machines).hasSize(1);
        var containers = new ArrayList<Future<String>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) {
                var name = "c" + i;
                containers.add(threads.submit(() -> pod.idle(name)));
            }
        }
        for (var container : containers) {
            assertThat(pod.exec(container.get(), "true").status()).isZero();
        }
        assertThat(Host.processes("qemu-system", pod.id())).isEqualTo(machines);
        pod.stop();
        assertThat(Host.processes("qemu-system", pod.id())).isEmpty();
        for (var container : containers) {
            assertThat(pod.status(container.get()).getState())
                    .isEqualTo(ContainerState.CONTAINER_EXITED);
        }
    }

    @Test
    void sigtermComesFirstAndTheContainersFilesAreFlushed() {
        var pod = pod();
        var shared = node().logs().resolveSibling("flushed");
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config ->
                                        Pod.mount(config, shared, "/data", false)
                                                .addCommand("sh")
                                                .addArgs("-c")
                                                .addArgs(
                                                        """
                                                        trap 'sleep 1; seq 1 100000 > /data/rows; exit 5' TERM
                                                        echo ready
                                                        while :; do sleep 0.1; done""")));
        assertThat(Wait.until(GRACE, () -> pod.log(container).contains("ready"))).isTrue();
        pod.stop(container, GRACE);
        assertThat(pod.status(container).getExitCode()).isEqualTo(5);
        assertThat(shared.resolve("rows")).content().hasLineCount(100_000).endsWith("100000\n");
        assertThat(pod.ready()).isTrue();
    }

    @Test
    @Tag("full")
    void sigkillComesAfterTheGraceTime() {
        var pod = pod();
        var container =
                pod.started("deaf", "trap '' TERM; echo ready; while :; do sleep 0.1; done");
        assertThat(Wait.until(GRACE, () -> pod.log(container).contains("ready"))).isTrue();
        pod.stop(container, Duration.ofSeconds(2));
        assertThat(pod.status(container).getExitCode()).isEqualTo(137);
        // Kubelet repeats what it is not sure of.
        pod.stop(container, Duration.ofSeconds(2));
        pod.remove(container);
        pod.remove(container);
    }

    @Test
    void aPodIsRemovedWithAllThatStillRuns() {
        var pod = pod();
        var running = pod.idle("running");
        var created = pod.create("created", "true");
        pod.remove();
        for (var container : new String[] {running, created}) {
            assertThatThrownBy(() -> pod.status(container))
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageContaining("NOT_FOUND");
        }
    }

    @Test
    @Tag("full")
    void aCommandThatDoesNotExistIsNamedAndThePodLivesOn() {
        var pod = pod();
        var container = pod.create("main", config -> config.addCommand("no-such-command"));
        assertThatThrownBy(() -> pod.start(container))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("no-such-command");
        assertThat(pod.status(container).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
        assertThat(pod.status(container).getReason()).isEqualTo("StartError");
        pod.remove(container);
        assertThat(pod.exec(pod.idle("next"), "true").status()).isZero();
    }

    @Test
    void aPodWhoseMachineDiesIsNotReadyAndCanBeRemoved() {
        assumeThat(Containerd.runtime()).contains("saya");
        var pod = pod();
        var container = pod.idle("main");
        Host.processes("qemu-system", pod.id()).forEach(Host::kill);
        assertThat(pod.exited(container).getExitCode()).isIn(137, 255);
        assertThat(Wait.until(GRACE, () -> !pod.ready())).isTrue();
        pod.stop();
        pod.remove();
    }
}
