package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.saya.proto.cri.ContainerState;
import io.saya.proto.cri.ImageSpec;
import io.saya.proto.cri.KeyValue;
import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerSecurityContext;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.LinuxSandboxSecurityContext;
import io.saya.proto.cri.NamespaceMode;
import io.saya.proto.cri.NamespaceOption;
import io.saya.test.Containerd;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** systemd as the first process of a privileged container: a whole Debian, but for the kernel. */
@WithProduct
@Tag("full")
@Timeout(900)
final class SystemdTest extends PodSuite {

    /** An emulated guest on a busy host takes a minute or two; a host takes two seconds. */
    private static final Duration BOOT = Duration.ofMinutes(6);

    private static final Duration STOP = Duration.ofMinutes(2);
    private static final String IMAGE = "saya.local/systemd:latest";

    /** What systemd takes for a request to power off, where it is a container's first process. */
    private static final String SIGRTMIN_3 = "37";

    /**
     * As a kubelet asks for it. The CRI's default is the pod's pid namespace, whose first process
     * is pause: systemd takes itself for telinit there, says "Running in chroot, ignoring request"
     * and ends.
     */
    private static final NamespaceOption ITS_OWN =
            NamespaceOption.newBuilder().setPid(NamespaceMode.CONTAINER).build();

    @BeforeAll
    void loadDebian() {
        var tests = Containerd.product().resolve("../../../test").normalize();
        var results = Objects.requireNonNull(System.getProperty("saya.results"), "saya.results");
        var root =
                Ran.run(
                                Duration.ofMinutes(10),
                                tests.resolve("systemd/root.sh").toString(),
                                Path.of(results).resolve("systemd").toString())
                        .succeeded()
                        .out()
                        .strip();
        node().containerd().loadImage(IMAGE, Path.of(root));
    }

    @Test
    void itRunsItsUnitsAndStops() {
        comesUpAndStops(false);
    }

    @Test
    void itDoesSoWithATerminal() {
        comesUpAndStops(true);
    }

    private void comesUpAndStops(boolean terminal) {
        var pod = privilegedPod();
        var container = system(pod, terminal);
        assertThat(state(pod, container)).as("%s", failed(pod, container)).isEqualTo("running");
        assertThat(pod.exec(container, "cat", "/proc/1/comm").out()).isEqualTo("systemd\n");

        // A unit of its own, in a cgroup that systemd makes.
        var unit =
                pod.exec(
                        container,
                        "sh",
                        "-c",
                        "systemd-run --quiet --unit=limited --property=TasksMax=50 sleep 1000"
                                + " && grep -q limited.service /proc/$(systemctl show --property=MainPID --value limited)/cgroup"
                                + " && systemctl show --property=TasksMax --value limited");
        assertThat(unit.out()).as("%s", unit.err()).isEqualTo("50\n");

        node().containerd()
                .ctr(STOP, "tasks", "kill", "--signal", SIGRTMIN_3, container)
                .succeeded();
        assertThat(pod.exited(container).getExitCode()).isIn(0, 130);
    }

    /** What systemd says of itself, once it has started all that it was to start. */
    private static String state(Pod pod, String container) {
        var early = Set.of("", "offline", "initializing", "starting");
        var last = new String[] {""};
        Wait.until(
                BOOT,
                () -> {
                    if (pod.status(container).getState() != ContainerState.CONTAINER_RUNNING) {
                        throw new AssertionError("it has ended: " + pod.log(container));
                    }
                    last[0] = asked(pod, container);
                    return !early.contains(last[0]);
                });
        return last[0];
    }

    /** Nothing where the container has just ended, of which its state tells then. */
    private static String asked(Pod pod, String container) {
        try {
            return pod.exec(container, "systemctl", "is-system-running").out().strip();
        } catch (StatusRuntimeException e) {
            return "";
        }
    }

    /** What a failure of the test is to say. */
    private static String failed(Pod pod, String container) {
        return pod.exec(
                        container,
                        "sh",
                        "-c",
                        "systemctl list-units --failed --no-legend --plain; systemctl list-jobs --no-legend;"
                                + " journalctl -b -p warning -n 40 --no-pager")
                .out();
    }

    private Pod privilegedPod() {
        return pod(
                config ->
                        config.setLinux(
                                LinuxPodSandboxConfig.newBuilder()
                                        .setSecurityContext(
                                                LinuxSandboxSecurityContext.newBuilder()
                                                        .setPrivileged(true))));
    }

    private static String system(Pod pod, boolean terminal) {
        return pod.start(
                pod.create(
                        "system",
                        config ->
                                config.setImage(ImageSpec.newBuilder().setImage(IMAGE))
                                        .addCommand("/sbin/init")
                                        .setTty(terminal)
                                        .addEnvs(
                                                KeyValue.newBuilder()
                                                        .setKey("container")
                                                        .setValue("saya"))
                                        .addEnvs(
                                                KeyValue.newBuilder()
                                                        .setKey("PATH")
                                                        .setValue("/usr/sbin:/usr/bin:/sbin:/bin"))
                                        .setLinux(
                                                LinuxContainerConfig.newBuilder()
                                                        .setSecurityContext(
                                                                LinuxContainerSecurityContext
                                                                        .newBuilder()
                                                                        .setPrivileged(true)
                                                                        .setNamespaceOptions(
                                                                                ITS_OWN)))));
    }
}
