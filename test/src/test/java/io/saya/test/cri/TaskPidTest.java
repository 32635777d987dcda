package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.proto.cri.ContainerConfig;
import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerSecurityContext;
import io.saya.proto.cri.NamespaceMode;
import io.saya.proto.cri.NamespaceOption;
import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What clients find on the host by the pid that a container is said to have, which is not the
 * guest's.
 */
@WithProduct
final class TaskPidTest extends PodSuite {
    private static final String STAND_IN = "saya-task";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "runc's pids are those of the programs");
    }

    @Test
    void nothingOfTheHostIsFoundThereAndNothingCanBeLeft() throws IOException {
        var pod = sharedPod();
        var process = process(pod.idle("main"));
        assertThat(Host.list(process.resolve("root"))).isEmpty();
        assertThatThrownBy(() -> Files.createFile(process.resolve("root/written")))
                .hasMessageContaining("Read-only file system");
        assertThat(Files.readString(process.resolve("status")))
                .contains("CapBnd:\t0000000000000000", "NoNewPrivs:\t1");
        assertThat(Files.readSymbolicLink(process.resolve("ns/net")))
                .isEqualTo(Files.readSymbolicLink(process(pod.id()).resolve("ns/net")))
                .isEqualTo(
                        Files.readSymbolicLink(
                                Path.of(
                                        "/proc/"
                                                + Host.processes("qemu-system", pod.id()).getFirst()
                                                + "/ns/net")));
    }

    /** kubectl debug --target */
    @Test
    void aDebugContainerIsPutIntoThePidNamespaceOfItsTarget() {
        var pod = sharedPod();
        pod.idle("other");
        var target =
                pod.start(
                        pod.create(
                                "target", config -> sleeping(config, NamespaceMode.CONTAINER, "")));
        var debug =
                pod.start(
                        pod.create(
                                "debug", config -> sleeping(config, NamespaceMode.TARGET, target)));
        assertThat(pod.exec(debug, "cat", "/proc/1/cmdline").out()).isEqualTo("sleep\00012345\0");
        assertThat(pod.exec(debug, "ps", "-o", "args").out().lines())
                .filteredOn(line -> line.equals("sleep 12345"))
                .hasSize(2);
        assertThat(pod.exec(debug, "readlink", "/proc/self/ns/pid").out())
                .isEqualTo(pod.exec(target, "readlink", "/proc/self/ns/pid").out());
        // Its target's end is the debugger's, as with runc.
        pod.stop(target, Duration.ZERO);
        assertThat(pod.exited(debug).getExitCode()).isEqualTo(137);
    }

    @Test
    void killedOnTheHostItTakesItsContainerAlongAndNoOther() {
        var pod = pod();
        var other = pod.idle("other");
        var victim = pod.idle("victim");
        Host.kill(pid(victim));
        assertThat(pod.exited(victim).getExitCode()).isEqualTo(137);
        assertThat(pod.exec(other, "true").status()).isZero();
        Host.kill(pid(pod.id()));
        assertThat(Wait.until(LIMIT, () -> !pod.ready())).as("the pod is not ready").isTrue();
        assertThat(Host.processes(STAND_IN, other)).isEmpty();
        assertThat(Host.processes("qemu-system", pod.id())).isEmpty();
    }

    /** docker top, and the host's ps, list pids with their arguments. */
    @Test
    void itSaysWhichProgramItStandsFor() throws IOException {
        var pod = sharedPod();
        var container =
                pod.start(
                        pod.create(
                                "main", config -> sleeping(config, NamespaceMode.CONTAINER, "")));
        assertThat(Files.readString(process(container).resolve("cmdline")))
                .startsWith(STAND_IN)
                .contains(" -id " + container + " : sleep 12345");
    }

    @Test
    void itCostsFewPages() throws IOException {
        var pod = sharedPod();
        var smaps = Files.readString(process(pod.idle("main")).resolve("smaps_rollup"));
        long kilobytes = 0;
        for (var line : smaps.lines().toList()) {
            if (line.startsWith("Private_")) {
                kilobytes += Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        System.out.println("a stand-in has " + kilobytes + " kB of its own");
        assertThat(kilobytes).isLessThan(200);
    }

    private static ContainerConfig.Builder sleeping(
            ContainerConfig.Builder config, NamespaceMode pids, String target) {
        return config.addCommand("sleep")
                .addArgs("12345")
                .setLinux(
                        LinuxContainerConfig.newBuilder()
                                .setSecurityContext(
                                        LinuxContainerSecurityContext.newBuilder()
                                                .setNamespaceOptions(
                                                        NamespaceOption.newBuilder()
                                                                .setPid(pids)
                                                                .setTargetId(target))));
    }

    private static long pid(String container) {
        var found = Host.processes(STAND_IN, container);
        assertThat(found).as(STAND_IN + " of " + container).hasSize(1);
        return found.getFirst();
    }

    private static Path process(String container) {
        return Path.of("/proc/" + pid(container));
    }
}
