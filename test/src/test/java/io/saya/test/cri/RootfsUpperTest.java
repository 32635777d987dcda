package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerSecurityContext;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a pod's container writes to its root file system: a disk of the guest's in the snapshot. */
@WithProduct
final class RootfsUpperTest extends PodSuite {

    @Test
    void writesGoToADiskInTheSnapshotAndGoWithIt() throws IOException {
        var pod = sharedPod();
        var container = pod.idle("main");

        assertThat(
                        pod.exec(
                                        container,
                                        "sh",
                                        "-c",
                                        "stat -c '%a %u %g' /; grep -o ' / [a-z]*' /proc/mounts")
                                .out())
                .as("owner and mode are those of the image's root")
                .isEqualTo("755 0 0\n / overlay\n");
        assertThat(
                        pod.exec(
                                        container,
                                        "sh",
                                        "-c",
                                        """
                                        set -e
                                        ls /bin/busybox
                                        rm /bin/cat; test ! -e /bin/cat
                                        mkdir -p /a/b; echo kept > /a/b/file; ln /a/b/file /a/link
                                        chown 1000:2000 /a/b/file; chmod 4751 /a/b/file
                                        mkfifo /a/fifo; ln -s nowhere /a/symlink
                                        mv /a /moved; rmdir /tmp/none 2>/dev/null || true
                                        dd if=/dev/urandom of=/big bs=1M count=24 2>/dev/null
                                        sync
                                        stat -c '%a %u %g %h' /moved/b/file""")
                                .out())
                .isEqualTo("/bin/busybox\n4751 1000 2000 2\n");

        var disks = settledDisks(1);
        assertThat(disks).as("disks in snapshots").hasSize(1);
        assertThat(blocks(disks.getFirst()))
                .as("it takes what was written")
                .isGreaterThan(24L << 20);
        assertThat(Files.size(disks.getFirst())).isGreaterThan(blocks(disks.getFirst()));

        pod.stop(container, Duration.ofSeconds(5));
        pod.remove(container);
        var again = pod.idle("main");
        assertThat(pod.exec(again, "ls", "/moved").status()).as("another snapshot").isNotZero();
        assertThat(pod.exec(again, "cat", "/proc/version").status())
                .as("/bin/cat is back")
                .isZero();
        pod.stop(again, Duration.ofSeconds(5));
        pod.remove(again);
        assertThat(settledDisks(0)).isEmpty();
    }

    @Test
    void aReadOnlyRootNeedsNone() {
        var pod = sharedPod();
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config ->
                                        config.addCommand("sh")
                                                .addArgs("-c")
                                                .addArgs(Pod.IDLE)
                                                .setLinux(
                                                        LinuxContainerConfig.newBuilder()
                                                                .setSecurityContext(
                                                                        LinuxContainerSecurityContext
                                                                                .newBuilder()
                                                                                .setReadonlyRootfs(
                                                                                        true)))));
        assertThat(pod.exec(container, "touch", "/x").err()).contains("Read-only file system");
        assertThat(settledDisks(0)).isEmpty();
    }

    /** What is written reaches the host when it is synced, and not before a client can ask. */
    @Test
    void manyFilesAreMadeAndRemoved() {
        var pod = sharedPod();
        var container = pod.idle("main");
        var result =
                pod.exec(
                        container,
                        "sh",
                        "-c",
                        """
                        set -e
                        mkdir /many; cd /many
                        i=0; while [ $i -lt 2000 ]; do echo x > file$i; i=$((i+1)); done
                        ls | wc -l
                        tar cf /many.tar . ; mkdir /again; tar xf /many.tar -C /again; ls /again | wc -l
                        rm -r /many /again; ls -d /many /again 2>/dev/null | wc -l""");
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo("2000\n2000\n0\n");
    }

    /** The disks once there are so many: containerd removes snapshots in the background. */
    private List<Path> settledDisks(int wanted) {
        Wait.until(Duration.ofSeconds(20), () -> disks().size() == wanted);
        return disks();
    }

    private List<Path> disks() {
        return Ran.run(
                        Duration.ofSeconds(10),
                        "find",
                        node().containerd().directory().toString(),
                        "-xdev",
                        "-name",
                        ".saya-upper.ext4")
                .out()
                .lines()
                .map(Path::of)
                .toList();
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
