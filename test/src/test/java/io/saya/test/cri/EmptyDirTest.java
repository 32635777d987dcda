package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * {@code emptydir_mode = "block-plain"}: a volume of the kubelet's on a disk of the guest's own.
 */
@WithProduct
final class EmptyDirTest extends PodSuite {

    private static final String DISK = ".saya-emptydir.ext4";
    private static final String ON_DISKS =
            """
            [runtime]
            emptydir_mode = "block-plain"
            """;

    @Override
    protected Node newNode() {
        return Node.with(ON_DISKS);
    }

    /** Sets, writes, and reads it in two containers, of which one has ended before the other. */
    @Test
    void containersOfAPodShareItAndItOutlivesThem() throws IOException {
        var pod = pod();
        var volume = volume("scratch", 2000);
        var first = started(pod, "first", volume);

        assertThat(
                        sh(
                                pod,
                                first,
                                "ls -A /scratch; stat -c '%a %u %g' /scratch; grep -c '/scratch"
                                        + " ext4' /proc/mounts"))
                .as("empty, with the kubelet's mode and group")
                .isEqualTo("2777 0 2000\n1\n");
        sh(
                pod,
                first,
                "echo kept > /scratch/file; dd if=/dev/urandom of=/scratch/big bs=1M count=8;"
                        + " sync");
        assertThat(names(volume)).containsExactly(DISK);
        assertThat(blocks(volume.resolve(DISK)))
                .as("what the kubelet counts")
                .isGreaterThan(8L << 20);

        var second = started(pod, "second", volume);
        assertThat(sh(pod, second, "cat /scratch/file")).isEqualTo("kept\n");
        pod.stop(first, Duration.ofSeconds(5));
        pod.remove(first);
        sh(pod, second, "echo more >> /scratch/file");
        var third = started(pod, "third", volume);
        assertThat(sh(pod, third, "cat /scratch/file")).isEqualTo("kept\nmore\n");
    }

    /** A pod whose machine was lost is made again, and its volume stays: fsync has reached it. */
    @Test
    void itOutlivesTheMachine() throws IOException {
        var volume = volume("kept", 0);
        var lost = pod();
        sh(lost, started(lost, "main", volume), "echo data > /kept/file; sync");
        Host.processes("qemu-system", lost.id()).forEach(Host::kill);

        var again = pod();
        assertThat(sh(again, started(again, "main", volume), "cat /kept/file")).isEqualTo("data\n");
    }

    @Test
    void whatHoldsFilesOrIsInMemoryIsShared() throws IOException {
        var full = volume("full", 0);
        Files.writeString(full.resolve("file"), "of the host\n");
        var memory = volume("memory", 0);
        Ran.run(Duration.ofSeconds(5), "mount", "-t", "tmpfs", "none", memory.toString())
                .succeeded();
        try {
            var pod = pod();
            var container = started(pod, "main", full, memory);
            assertThat(sh(pod, container, "cat /full/file; echo x > /memory/file"))
                    .isEqualTo("of the host\n");
            assertThat(names(full)).containsExactly("file");
            assertThat(names(memory)).containsExactly("file");
        } finally {
            Ran.run(Duration.ofSeconds(5), "umount", "-l", memory.toString()).succeeded();
        }
    }

    private Path volume(String name, int group) throws IOException {
        var directory =
                Files.createDirectories(
                        node().logs()
                                .resolveSibling(
                                        "pods/"
                                                + System.nanoTime()
                                                + "/volumes/kubernetes.io~empty-dir/"
                                                + name));
        Files.setAttribute(directory, "unix:gid", group);
        Files.setAttribute(directory, "unix:mode", group == 0 ? 0777 : 02777);
        return directory;
    }

    private static String started(Pod pod, String name, Path... volumes) {
        return pod.start(
                pod.create(
                        name,
                        config -> {
                            for (var volume : volumes) {
                                Pod.mount(config, volume, "/" + volume.getFileName(), false);
                            }
                            return config.addCommand("sh").addArgs("-c").addArgs(Pod.IDLE);
                        }));
    }

    private static String sh(Pod pod, String container, String script) {
        var ran = pod.exec(container, "sh", "-ec", script);
        assertThat(ran.status()).as(script + ": " + ran.err()).isZero();
        return ran.out();
    }

    private static List<String> names(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.map(path -> Objects.toString(path.getFileName())).toList();
        }
    }

    /** What a file takes on the disk, in bytes. */
    private static long blocks(Path file) {
        return 512L
                * Long.parseLong(
                        Ran.run(Duration.ofSeconds(10), "stat", "-c", "%b", file.toString())
                                .succeeded()
                                .out()
                                .strip());
    }
}
