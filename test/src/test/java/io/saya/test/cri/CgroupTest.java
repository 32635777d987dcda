package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.StatusRuntimeException;
import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerResources;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.test.Containerd;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The cgroups of the host that count the processes of a sandbox. */
@WithProduct
final class CgroupTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long MIB = 1 << 20;

    /** In which a sandbox is started, looked at and ended, on a host that is busy. */
    private static final Duration MEASURED = Duration.ofMinutes(4);

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "runc has containers' cgroups");
    }

    private static String runDirectoryName(String id) {
        return id.substring(0, Math.min(40, id.length()));
    }

    /** QEMU, virtiofsd, which is two processes, and what stands for the containers. */
    private static Long[] machine(String id, String... members) {
        var found = new ArrayList<Long>();
        found.add(Host.process("qemu-system", id));
        found.addAll(Host.processes("virtiofsd", "/" + runDirectoryName(id)));
        found.add(Host.process("saya-task", id));
        for (var member : members) {
            found.add(Host.process("saya-task", member));
        }
        assertThat(found).hasSizeGreaterThan(1);
        return found.toArray(Long[]::new);
    }

    /** What starts a process there is there itself for a moment. */
    private static void assertHasAndNothingElse(Path cgroup, Long[] processes) {
        var expected = Set.of(processes);
        Wait.until(LIMIT, () -> Set.copyOf(PodCgroup.processes(cgroup)).equals(expected));
        assertThat(PodCgroup.processes(cgroup)).containsExactlyInAnyOrder(processes);
    }

    @Test
    void theMachineIsInThePodsCgroupAndNothingElse() {
        var cgroup = cgroup();
        var pod = podIn(cgroup);
        var main = pod.idle("main");
        var places = cgroup.below(pod.id());
        assertThat(places).isNotEmpty();
        assertThat(places)
                .allSatisfy(place -> assertHasAndNothingElse(place, machine(pod.id(), main)));
        pod.stop();
        assertThat(cgroup.below(pod.id())).isEmpty();
    }

    @Test
    void whateverDiesTheCgroupIsGone() {
        for (var victims : List.of("saya-guard java", "qemu-system")) {
            var cgroup = cgroup();
            var pod = podIn(cgroup);
            assertThat(cgroup.below(pod.id())).isNotEmpty();
            // All are looked up first: a guard that dies takes its daemon along.
            var pids = new ArrayList<Long>();
            for (var victim : victims.split(" ", -1)) {
                pids.add(Host.process(victim, pod.id()));
            }
            pids.forEach(Host::kill);
            if (victims.contains("qemu")) {
                pod.remove();
            }
            assertThat(Wait.until(LIMIT, () -> cgroup.below(pod.id()).isEmpty()))
                    .as("%s dies: %s", victims, cgroup.below(pod.id()))
                    .isTrue();
        }
    }

    @Test
    void aDaemonThatNoOtherOneFollowsTakesTheCgroupAlong() {
        var cgroup = cgroup();
        try (var node = Node.with("[runtime]\ndaemon_restarts = 0\n")) {
            var pod =
                    Pod.run(
                            node,
                            Node.handler(),
                            config ->
                                    config.setLinux(
                                            LinuxPodSandboxConfig.newBuilder()
                                                    .setCgroupParent(cgroup.path())));
            assertThat(cgroup.below(pod.id())).isNotEmpty();
            Host.kill(Host.process("java", pod.id()));
            assertThat(Wait.until(LIMIT, () -> cgroup.below(pod.id()).isEmpty()))
                    .as("%s", cgroup.below(pod.id()))
                    .isTrue();
            pod.remove();
        }
    }

    @Test
    void aPodWithTooLittleMemoryIsToldSo() {
        var cgroup = cgroup();
        cgroup.limitMemory(48 * MIB);
        assertThatThrownBy(() -> podIn(cgroup))
                .hasMessageContaining("the pod's cgroup allows 48 MiB")
                .hasMessageContaining("raise overhead.podFixed.memory of the RuntimeClass")
                .hasMessageContaining("by 2100Mi");
        // One in which a machine might run, and this one does not.
        var larger = cgroup();
        larger.limitMemory(100 * MIB);
        assertThatThrownBy(() -> podIn(larger))
                .hasMessageContaining("out of memory in cgroup")
                .hasMessageContaining(larger.path() + "/")
                .hasMessageContaining("by 2048Mi");
    }

    /** Its containers live in the VM's memory: for whoever looks, they ran out of it. */
    @Test
    void aPodThatRunsOutOfMemoryIsOomKilled() {
        var cgroup = cgroup();
        var pod = podIn(cgroup);
        var greedy = pod.idle("greedy");
        var other = pod.idle("other");
        var late = pod.create("late", config -> config.addCommand("true"));
        var _ = cgroup.limitMemory(() -> cgroup.usedMemory() + 8 * MIB);
        // The guest touches memory that its host does not have. The exec ends with it: with a
        // status, or with an error where containerd learns of the shim's end first.
        try {
            assertThat(pod.exec(greedy, "tail", "/dev/zero").status()).isEqualTo(137);
        } catch (StatusRuntimeException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
        for (var container : List.of(greedy, other)) {
            var status = pod.exited(container);
            assertThat(status.getExitCode()).isEqualTo(137);
            assertThat(status.getReason()).isEqualTo("OOMKilled");
        }
        assertThatThrownBy(() -> pod.start(late))
                .satisfies(
                        failure ->
                                assertThat(failure.getMessage())
                                        .doesNotContain("connection refused"));
    }

    @Test
    void aPodWithTheOverheadThatIsDeclaredMayWriteMoreThanItsMemory() {
        writesMoreThanItsMemory(128);
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    @Tag("full")
    void aLargerOneAsWell(int limitMib) {
        writesMoreThanItsMemory(limitMib);
    }

    private void writesMoreThanItsMemory(int limitMib) {
        var files = node().containerd().directory().resolve("empty-dir-" + limitMib);
        var cgroup = cgroup();
        cgroup.limitMemory((limitMib + declaredMib()) * MIB);
        var pod = podIn(cgroup);
        var writer =
                pod.start(
                        pod.create(
                                "writer",
                                config ->
                                        Pod.mount(config, files, "/data", false)
                                                .addCommand("sh")
                                                .addArgs("-c")
                                                .addArgs(
                                                        "dd if=/dev/zero of=/data/file bs=1M"
                                                                + " count=600 && sync && rm"
                                                                + " /data/file")
                                                .setLinux(
                                                        LinuxContainerConfig.newBuilder()
                                                                .setResources(
                                                                        LinuxContainerResources
                                                                                .newBuilder()
                                                                                .setMemoryLimitInBytes(
                                                                                        limitMib
                                                                                                * MIB)))));
        assertThat(pod.exited(writer).getExitCode()).as(() -> node().containerd().log()).isZero();
        assertThat(pod.ready()).isTrue();
    }

    /** What the product says that a RuntimeClass is to declare. */
    private static int declaredMib() {
        var said =
                Ran.run(
                                MEASURED,
                                System.getProperty("saya.product") + "/bin/saya",
                                "check",
                                "--overhead")
                        .succeeded()
                        .out();
        var memory = Pattern.compile("memory: \"(\\d+)Mi\"").matcher(said);
        assertThat(memory.find()).as(said).isTrue();
        return Integer.parseInt(memory.group(1));
    }

    @Test
    void aContainerStartedAloneHasOneAndItsParentGoesAsWell() {
        var id = "cg" + ProcessHandle.current().pid() + "alone";
        ctr(
                        "run",
                        "--detach",
                        "--runtime",
                        Containerd.runtime(),
                        "--cgroup",
                        "/up-" + id + "/" + id,
                        Containerd.IMAGE,
                        id,
                        "sleep",
                        "100000")
                .succeeded();
        var places = places("up-" + id);
        assertThat(places).isNotEmpty();
        for (var place : places) {
            assertHasAndNothingElse(place.resolve(id), machine(id));
        }
        removed(id);
        assertThat(places).noneMatch(Files::exists);
    }

    @Test
    void allProcessesAreInItWhereThatIsWanted() throws IOException {
        var id = "cg" + ProcessHandle.current().pid() + "only";
        var configuration = node().containerd().directory().resolve("only.toml");
        Files.writeString(configuration, "[runtime]\nsandbox_cgroup_only = true\n");
        ctr(
                        "run",
                        "--detach",
                        "--runtime",
                        Containerd.runtime(),
                        "--runtime-config-path",
                        configuration.toString(),
                        "--cgroup",
                        "/up-" + id + "/" + id,
                        Containerd.IMAGE,
                        id,
                        "sleep",
                        "100000")
                .succeeded();
        var places = places("up-" + id);
        assertThat(places).isNotEmpty();
        var daemon = Host.process("java", id);
        var guard = Host.process("saya-guard", id);
        for (var place : places) {
            assertThat(
                            Wait.until(
                                    LIMIT,
                                    () -> PodCgroup.processes(place.resolve(id)).contains(daemon)))
                    .isTrue();
            assertThat(PodCgroup.processes(place.resolve(id)))
                    .contains(machine(id))
                    .contains(guard);
        }
        removed(id);
        assertThat(places).noneMatch(Files::exists);
        // Where it cannot be, no machine is started.
        assertThat(
                        ctr(
                                        "run",
                                        "--rm",
                                        "--runtime",
                                        Containerd.runtime(),
                                        "--runtime-config-path",
                                        configuration.toString(),
                                        "--cgroup",
                                        "none-there.slice:test:" + id,
                                        Containerd.IMAGE,
                                        id,
                                        "true")
                                .err())
                .contains("sandbox_cgroup_only")
                .contains("none-there.slice is not there");
        ctr("containers", "delete", id);
    }

    private Ran ctr(String... arguments) {
        return node().containerd().ctr(LIMIT, arguments);
    }

    /**
     * What a test that failed has left: containers that are no pods' are not the suite's to end.
     */
    @AfterEach
    void endContainersStartedAlone() {
        for (var kind : List.of("alone", "only")) {
            var id = "cg" + ProcessHandle.current().pid() + kind;
            ctr("tasks", "delete", "--force", id);
            ctr("containers", "delete", id);
        }
    }

    private void removed(String id) {
        ctr("tasks", "delete", "--force", id).succeeded();
        ctr("containers", "delete", id).succeeded();
        assertThat(Wait.until(LIMIT, () -> Host.traces(id).isEmpty()))
                .as("left: %s", Host.traces(id))
                .isTrue();
    }

    /** Cgroups of that name at the top of each hierarchy, wherever there is one. */
    private static List<Path> places(String name) {
        var top = Path.of("/sys/fs/cgroup");
        try (var hierarchies = Files.list(top)) {
            return Stream.concat(Stream.of(top), hierarchies)
                    .map(hierarchy -> hierarchy.resolve(name))
                    .filter(Files::isDirectory)
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
