package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Containerd;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Pods of a node whose snapshotter keeps root file systems in files: each is a disk of the VM. */
@WithProduct
final class BlockRootPodTest extends PodSuite {

    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final Duration UPGRADE = Duration.ofMinutes(2);

    /** One place for the pause container and two for others. */
    private static final String AS_DISKS =
            """
            [hypervisor.qemu]
            disable_block_device_use = false
            pcie_root_port = 3
            """;

    @Override
    protected Node newNode() {
        return Node.withBlockSnapshots(AS_DISKS);
    }

    @Test
    void eachContainerHasItsOwnAndGivesItBack() throws IOException {
        var pod = pod();
        for (var round = 0; round < 2; round++) {
            var one = pod.idle("one");
            var other = pod.idle("other");
            var roots = List.of(root(pod, one), root(pod, other));
            assertThat(roots)
                    .doesNotHaveDuplicates()
                    .allMatch(root -> root.matches("/dev/vd. ext4"));
            assertThat(pod.exec(one, "sh", "-c", "echo mine > /bin/mine; sync").status()).isZero();
            assertThat(pod.exec(other, "cat", "/bin/mine").status())
                    .as("a neighbour's")
                    .isNotZero();
            assertThat(imagesMountedOnTheHost()).isEmpty();
            assertThat(imagesOpenInTheVm(pod)).as("and that of the pause container").isEqualTo(3);
            for (var container : List.of(one, other)) {
                pod.stop(container, GRACE);
                pod.remove(container);
            }
            assertThat(imagesOpenInTheVm(pod)).isEqualTo(1);
        }
    }

    @Test
    void anotherDaemonGivesThemBackAsWell() throws IOException {
        var pod = pod();
        var container = pod.idle("main");
        var saya = Containerd.product().resolve("bin/saya").toString();
        Ran.run(UPGRADE, saya, "upgrade", pod.id()).succeeded();
        assertThat(root(pod, container)).matches("/dev/vd. ext4");
        var next = pod.idle("next");
        assertThat(root(pod, next)).matches("/dev/vd. ext4").isNotEqualTo(root(pod, container));
        assertThat(imagesOpenInTheVm(pod)).isEqualTo(3);
        for (var each : List.of(container, next)) {
            pod.stop(each, GRACE);
            pod.remove(each);
        }
        assertThat(imagesOpenInTheVm(pod)).isEqualTo(1);
    }

    /** Device and kind of a container's root. */
    private static String root(Pod pod, String container) {
        return pod.exec(container, "sh", "-c", "grep ' / ' /proc/mounts | cut -d' ' -f1,3")
                .out()
                .strip();
    }

    private static List<String> imagesMountedOnTheHost() throws IOException {
        return Files.readAllLines(Path.of("/proc/mounts")).stream()
                .filter(line -> line.startsWith("/dev/loop"))
                .toList();
    }

    /** How many snapshots the VMM has open. */
    private static long imagesOpenInTheVm(Pod pod) throws IOException {
        var vmm = Host.processes("qemu-system", pod.id()).getFirst();
        var images = new TreeSet<String>();
        try (var open = Files.newDirectoryStream(Path.of("/proc/" + vmm + "/fd"))) {
            for (var descriptor : open) {
                var file = Files.readSymbolicLink(descriptor).toString();
                if (file.endsWith(".ext4")) {
                    images.add(file);
                }
            }
        }
        return images.size();
    }
}
