package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.ContainerConfig;
import io.saya.proto.cri.DnsConfig;
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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What containers of a pod have in common, and what they get from and leave on the host. */
@WithProduct
final class PodFilesTest extends PodSuite {

    @Test
    void nameAndNameServersAreThoseOfThePod() {
        var pod =
                pod(
                        config ->
                                config.setHostname("a-pod")
                                        .setDnsConfig(
                                                DnsConfig.newBuilder()
                                                        .addServers("10.96.0.10")
                                                        .addSearches("tests.svc.cluster.local")
                                                        .addOptions("ndots:5")));
        var a = pod.idle("a");
        var b = pod.idle("b");
        for (var container : new String[] {a, b}) {
            assertThat(pod.exec(container, "hostname").out()).isEqualTo("a-pod\n");
            assertThat(pod.exec(container, "cat", "/etc/hostname").out()).isEqualTo("a-pod\n");
            assertThat(pod.exec(container, "cat", "/etc/resolv.conf").out().lines())
                    .contains(
                            "search tests.svc.cluster.local",
                            "nameserver 10.96.0.10",
                            "options ndots:5");
            assertThat(pod.exec(container, "cat", "/etc/hosts").out()).contains("localhost");
        }
        // What one puts into /dev/shm the other finds there.
        assertThat(pod.exec(a, "sh", "-c", "echo shared > /dev/shm/x").status()).isZero();
        assertThat(pod.exec(b, "cat", "/dev/shm/x").out()).isEqualTo("shared\n");
        assertThat(pod.exec(b, "grep", " /dev/shm ", "/proc/mounts").out())
                .contains("nosuid", "nodev", "noexec");
    }

    /** Two that write one database would destroy it. */
    @Test
    void aLockInAVolumeHoldsForAllContainersOfThePod() throws IOException {
        var pod = pod();
        var volume =
                Files.createDirectories(
                        node().logs().resolveSibling("locks-" + pod.config().getHostname()));
        Files.createFile(volume.resolve("lock"));
        var holder =
                locker(
                        pod,
                        "holder",
                        List.of("/lock", "/data/lock", "1000"),
                        config -> Pod.mount(config, volume, "/data", false));
        var other =
                withLocks(
                        pod,
                        "other",
                        List.of("sleep", "1000"),
                        config -> {
                            Pod.mount(config, volume, "/data", false);
                            Pod.mount(config, volume, "/read-only", true);
                        });
        for (var path : List.of("/data/lock", "/read-only/lock")) {
            assertThat(pod.exec(other, "/lock", path).out()).as(path).isEqualTo("EAGAIN\n");
        }
        assertThat(pod.exec(other, "touch", "/read-only/x").err())
                .contains("Read-only file system");
        pod.stop(holder, Duration.ZERO);
        pod.remove(holder);
        assertThat(pod.exec(other, "/lock", "/data/lock").out()).isEqualTo("ok\n");
    }

    /**
     * A kubelet binds what {@code subPath} names to a place of its own; containers that have the
     * volume, a directory of it or one of its files have the same files.
     */
    @Test
    void whatLiesInAVolumeIsTheSameInEachOfItsPlaces() throws IOException {
        var pod = pod();
        var volume =
                Files.createDirectories(
                        node().logs().resolveSibling("places-" + pod.config().getHostname()));
        var inside = Files.createDirectories(volume.resolve("inside"));
        var file = Files.createFile(inside.resolve("lock"));
        var bound = Files.createDirectories(volume.resolveSibling(volume.getFileName() + "-bound"));
        Ran.run(Duration.ofSeconds(10), "mount", "--bind", inside.toString(), bound.toString())
                .succeeded();
        try {
            var holder =
                    locker(
                            pod,
                            "holder",
                            List.of(
                                    "sh",
                                    "-c",
                                    "mkfifo /data/inside/fifo; /lock /data/inside/lock 1000"),
                            config -> {
                                Pod.mount(config, inside, "/early", true);
                                Pod.mount(config, volume, "/data", false);
                            });
            var other =
                    withLocks(
                            pod,
                            "other",
                            List.of("sleep", "1000"),
                            config -> {
                                Pod.mount(config, bound, "/sub", false);
                                Pod.mount(config, bound, "/read-only", true);
                                Pod.mount(config, file, "/file", false);
                            });
            for (var path : List.of("/sub/lock", "/read-only/lock", "/file")) {
                assertThat(pod.exec(other, "/lock", path).out()).as(path).isEqualTo("EAGAIN\n");
            }
            assertThat(pod.exec(holder, "/lock", "/early/lock").out()).isEqualTo("EAGAIN\n");
            assertThat(pod.exec(other, "touch", "/read-only/x").err())
                    .contains("Read-only file system");
            assertThat(
                            pod.exec(
                                            holder,
                                            "sh",
                                            "-c",
                                            "(echo through > /data/inside/fifo) >/dev/null 2>&1 &")
                                    .status())
                    .isZero();
            assertThat(pod.exec(other, "timeout", "20", "cat", "/sub/fifo").out())
                    .isEqualTo("through\n");
        } finally {
            Ran.run(Duration.ofSeconds(10), "umount", bound.toString()).succeeded();
        }
    }

    /** Whoever comes first: the one that reads a part, or the one that writes to the whole. */
    @Test
    void anEmptyDirIsTheSameForWhoHasAPartOfItFirst() throws IOException {
        var pod = pod();
        var volume =
                Files.createDirectories(
                        node().logs()
                                .resolveSibling("pods")
                                .resolve(pod.config().getMetadata().getUid())
                                .resolve("volumes/kubernetes.io~empty-dir/scratch"));
        var inside = Files.createDirectories(volume.resolve("inside"));
        Files.createFile(inside.resolve("lock"));
        var reader =
                locker(
                        pod,
                        "reader",
                        List.of("/lock", "/sub/lock", "1000"),
                        config -> {
                            Pod.mount(config, inside, "/sub", true);
                            Pod.mount(config, volume, "/whole", true);
                        });
        var writer =
                withLocks(
                        pod,
                        "writer",
                        List.of("sleep", "1000"),
                        config -> Pod.mount(config, volume, "/data", false));
        assertThat(pod.exec(writer, "/lock", "/data/inside/lock").out()).isEqualTo("EAGAIN\n");
        assertThat(pod.exec(writer, "touch", "/data/inside/new").status()).isZero();
        for (var path : List.of("/sub", "/whole/inside")) {
            assertThat(pod.exec(reader, "ls", path).out()).isEqualTo("lock\nnew\n");
            assertThat(pod.exec(reader, "touch", path + "/x").err())
                    .contains("Read-only file system");
        }
    }

    /** One file of the host's that is a volume of two containers. */
    @Test
    void aLockInAFileThatIsAVolumeHoldsForAllContainersOfThePod() throws IOException {
        var pod = pod();
        var file =
                Files.createFile(
                        node().logs().resolveSibling("file-" + pod.config().getHostname()));
        var holder =
                locker(
                        pod,
                        "holder",
                        List.of("/lock", "/file", "1000"),
                        config -> Pod.mount(config, file, "/file", false));
        var other =
                withLocks(
                        pod,
                        "other",
                        List.of("sleep", "1000"),
                        config -> Pod.mount(config, file, "/here", false));
        assertThat(pod.exec(other, "/lock", "/here").out()).isEqualTo("EAGAIN\n");
        pod.stop(holder, Duration.ZERO);
        pod.remove(holder);
        assertThat(pod.exec(other, "/lock", "/here").out()).isEqualTo("ok\n");
    }

    /** A container that has taken a lock, and holds it. */
    private String locker(
            Pod pod, String name, List<String> command, Consumer<ContainerConfig.Builder> volumes)
            throws IOException {
        var container = withLocks(pod, name, command, volumes);
        assertThat(
                        Wait.until(
                                Duration.ofSeconds(20),
                                () -> pod.log(container).equals(List.of("ok"))))
                .as("it has the lock")
                .isTrue();
        return container;
    }

    /** A container that has the program that takes locks. */
    private String withLocks(
            Pod pod, String name, List<String> command, Consumer<ContainerConfig.Builder> volumes)
            throws IOException {
        var program = lockProgram();
        return pod.start(
                pod.create(
                        name,
                        config -> {
                            Pod.mount(config, program, "/lock", true);
                            volumes.accept(config);
                            return config.addAllCommand(command);
                        }));
    }

    private Path lockProgram() throws IOException {
        var program = node().logs().resolveSibling("lock-program");
        if (Files.exists(program)) {
            return program;
        }
        Ran.run(
                        Duration.ofSeconds(60),
                        "gcc",
                        "-static",
                        "-o",
                        program.toString(),
                        Containerd.product().resolve("../../../test/files/lock.c").toString())
                .succeeded();
        return program;
    }

    /** How pods get more than 64 MiB of it; the volume's name is the user's. */
    @Test
    void aVolumeInPlaceOfDevShmIsThatVolume() throws IOException {
        var pod = pod();
        var volume =
                Files.createDirectories(
                        node().logs()
                                .resolveSibling(
                                        "pods/"
                                                + pod.config().getHostname()
                                                + "/volumes/kubernetes.io~empty-dir/shm"));
        Files.writeString(volume.resolve("host"), "of the host\n");
        var other = pod.idle("other");
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config -> {
                                    Pod.mount(config, volume, "/dev/shm", false);
                                    return config.addCommand("sh").addArgs("-c").addArgs(Pod.IDLE);
                                }));
        assertThat(pod.exec(container, "cat", "/dev/shm/host").out()).isEqualTo("of the host\n");
        assertThat(pod.exec(container, "sh", "-c", "echo written > /dev/shm/x").status()).isZero();
        assertThat(volume.resolve("x")).content().isEqualTo("written\n");
        assertThat(pod.exec(other, "ls", "/dev/shm").out()).isEmpty();
    }

    @Test
    void hostsAndTerminationMessageAreFilesOfTheHost() throws IOException {
        var pod = pod();
        var directory = node().logs().resolveSibling("files-" + pod.config().getHostname());
        Files.createDirectories(directory);
        var hosts = Files.writeString(directory.resolve("hosts"), "10.0.0.1 one.example\n");
        var message = Files.createFile(directory.resolve("message"));
        var volume = Files.createDirectory(directory.resolve("volume"));
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config -> {
                                    Pod.mount(config, hosts, "/etc/hosts", false);
                                    Pod.mount(config, message, "/dev/termination-log", false);
                                    Pod.mount(config, volume, "/data", false);
                                    Pod.mount(config, volume, "/data-ro", true);
                                    return config.addCommand("sh")
                                            .addArgs("-c")
                                            .addArgs(
                                                    """
                                                    cat /etc/hosts
                                                    echo written > /data/file
                                                    echo no 2>/dev/null > /data-ro/other || cat /data-ro/file
                                                    echo 'out of cheese' > /dev/termination-log""");
                                }));
        assertThat(pod.exited(container).getExitCode()).isZero();
        assertThat(pod.log(container)).containsExactly("10.0.0.1 one.example", "written");
        assertThat(message).hasContent("out of cheese\n");
        assertThat(volume.resolve("file")).hasContent("written\n");
        assertThat(volume.resolve("other")).doesNotExist();
    }

    /** The host's processes are not in the VM: hostPID (NODE) comes to those of the pod. */
    @ParameterizedTest
    @EnumSource(names = {"POD", "NODE"})
    void processesAreSharedWhereThePodSaysSo(NamespaceMode mode) {
        var pod = pod(config -> config.setLinux(sandboxPids(mode)));
        var script = "trap 'exit 0' TERM; while :; do sleep 0.1; done";
        var a = pod.start(pod.create("a", config -> pids(config, mode, script)));
        var b = pod.start(pod.create("b", config -> pids(config, mode, script)));
        // The first process is the pod's, and both see each other's.
        var seen = pod.exec(a, "sh", "-c", "ps -o pid,args | grep -v ps").out();
        assertThat(seen.lines().filter(line -> line.contains("trap 'exit 0' TERM;")).count())
                .as(seen)
                .isGreaterThanOrEqualTo(2);
        assertThat(pod.exec(a, "readlink", "/proc/self/ns/pid").out())
                .isEqualTo(pod.exec(b, "readlink", "/proc/self/ns/pid").out());
        // The end of one is the end of all its processes and of no others.
        pod.stop(a, java.time.Duration.ofSeconds(10));
        assertThat(pod.exec(b, "true").status()).isZero();
    }

    @Test
    @Tag("full")
    void processesAreNotSharedOtherwise() {
        var pod = pod(config -> config.setLinux(sandboxPids(NamespaceMode.CONTAINER)));
        var script = "trap 'exit 0' TERM; while :; do sleep 0.1; done";
        var a = pod.start(pod.create("a", config -> pids(config, NamespaceMode.CONTAINER, script)));
        var b = pod.start(pod.create("b", config -> pids(config, NamespaceMode.CONTAINER, script)));
        assertThat(pod.exec(a, "readlink", "/proc/self/ns/pid").out())
                .isNotEqualTo(pod.exec(b, "readlink", "/proc/self/ns/pid").out());
        assertThat(pod.exec(a, "cat", "/proc/1/cmdline").out()).startsWith("sh");
    }

    private static LinuxPodSandboxConfig sandboxPids(NamespaceMode mode) {
        return LinuxPodSandboxConfig.newBuilder()
                .setSecurityContext(
                        LinuxSandboxSecurityContext.newBuilder()
                                .setNamespaceOptions(NamespaceOption.newBuilder().setPid(mode)))
                .build();
    }

    private static io.saya.proto.cri.ContainerConfig.Builder pids(
            io.saya.proto.cri.ContainerConfig.Builder config, NamespaceMode mode, String script) {
        return config.addCommand("sh")
                .addArgs("-c")
                .addArgs(script)
                .setLinux(
                        LinuxContainerConfig.newBuilder()
                                .setSecurityContext(
                                        LinuxContainerSecurityContext.newBuilder()
                                                .setNamespaceOptions(
                                                        NamespaceOption.newBuilder()
                                                                .setPid(mode))));
    }
}
