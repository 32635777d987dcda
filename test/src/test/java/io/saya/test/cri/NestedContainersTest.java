package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerSecurityContext;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.LinuxSandboxSecurityContext;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a container engine inside of a privileged pod needs of the pod's kernel. */
@WithProduct
final class NestedContainersTest extends PodSuite {

    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final String END = "the end: 0";

    /** Builds an image of two layers, and runs a command in a container of it. */
    private static final String BUILD =
            """
            exec 2>&1
            mkdir -p /build /tmp /var/tmp; cd /build; cp /bin/busybox busybox
            echo '{"default":[{"type":"insecureAcceptAnything"}]}' >policy
            cat >Dockerfile <<'EOF'
            FROM scratch
            COPY busybox /bin/busybox
            RUN ["/bin/busybox", "sh", "-c", "echo built >/made; /bin/busybox ln -s busybox /bin/sh"]
            RUN /bin/busybox cat /made && /bin/busybox rm /made && echo again >/again
            EOF
            (
              set -e
              options='OPTIONS'
              /usr/sbin/buildah $options bud --isolation chroot --signature-policy policy --layers -t made .
              made=$(/usr/sbin/buildah $options from --signature-policy policy localhost/made)
              /usr/sbin/buildah $options run --isolation chroot $made \
                /bin/sh -c '[ ! -e /made ] && echo $(/bin/busybox cat /again) of made'
            )
            echo the end: $?
            """;

    private @Nullable Programs programs;

    @BeforeAll
    void copyPrograms() {
        programs =
                new Programs(
                        node().logs().resolveSibling("programs-" + getClass().getSimpleName()),
                        List.of("fuse-overlayfs", "/usr/sbin/mke2fs"));
    }

    /** An engine's layers, on each kind of place that a pod has for its files. */
    @Test
    void layersAreJoined() {
        var pod = privilegedPod();
        var container = container(pod);
        for (var place : List.of("/run/disk", "/run/memory")) {
            var out =
                    script(
                                    pod,
                                    container,
                                    """
                                    truncate -s 256M /disk; /usr/sbin/mke2fs -q -t ext4 /disk
                                    mkdir -p /run/disk /run/memory; mount -o loop /disk /run/disk; mount -t tmpfs none /run/memory
                                    cd PLACE
                                    mkdir lower upper work merged lower/directory
                                    echo old > lower/kept; echo gone > lower/removed; echo below > lower/directory/below
                                    mount -t overlay none -o lowerdir=lower,upperdir=upper,workdir=work merged
                                    rm merged/removed; echo new >> merged/kept; mv merged/kept merged/moved
                                    rm -r merged/directory; mkdir merged/directory; touch merged/directory/new
                                    ls merged merged/directory
                                    umount merged
                                    stat -c '%t:%T %F' upper/removed
                                    mount -t overlay none -o lowerdir=lower,upperdir=upper,workdir=work merged
                                    ls merged/directory; cat merged/moved
                                    umount merged; cd /; umount /run/disk /run/memory
                                    """
                                            .replace("PLACE", place))
                            .out();
            assertThat(out)
                    .as(place)
                    .isEqualTo(
                            """
                            merged:
                            directory
                            moved

                            merged/directory:
                            new
                            0:0 character special file
                            new
                            old
                            new
                            """);
        }
    }

    /**
     * As on a host: an overlay cannot be another one's upper layer, and a share lacks attributes.
     */
    @Test
    void whereLayersCannotBeWrittenTheKernelSaysWhy() {
        var pod = privilegedPod();
        var container = container(pod);
        for (var place : List.of("/", "/volume")) {
            var ran =
                    pod.exec(
                            container,
                            "sh",
                            "-c",
                            """
                            cd PLACE; mkdir lower upper work merged
                            mount -t overlay none -o lowerdir=lower,upperdir=upper,workdir=work merged
                            echo $?; dmesg | tail -n 1
                            """
                                    .replace("PLACE", place));
            assertThat(ran.out()).as(place).startsWith("255\n").contains("overlayfs: ");
            assertThat(ran.err()).as(place).contains("Invalid argument");
        }
    }

    @Test
    void layersAreJoinedByFuse() {
        var pod = privilegedPod();
        var container = container(pod);
        assertThat(
                        script(
                                        pod,
                                        container,
                                        """
                                        cd /volume
                                        mkdir lower upper work merged
                                        echo old > lower/kept; echo gone > lower/removed
                                        /usr/sbin/fuse-overlayfs -o lowerdir=lower,upperdir=upper,workdir=work merged
                                        rm merged/removed; echo new >> merged/kept
                                        ls merged; cat merged/kept
                                        umount merged
                                        """)
                                .out())
                .endsWith("\nkept\nold\nnew\n");
    }

    @Test
    void fileSystemsOfAHostComeWhenTheyAreMounted() {
        var pod = privilegedPod();
        var container = container(pod);
        var kinds = List.of("xfs", "btrfs", "squashfs", "erofs", "iso9660", "vfat");
        script(
                pod,
                container,
                """
                truncate -s 1M /file; mkdir -p /m
                for kind in %s; do
                  mount -t $kind -o loop /file /m 2>/dev/null || true
                  grep -qw $kind /proc/filesystems || { echo $kind; exit 1; }
                done
                """
                        .formatted(String.join(" ", kinds)));
    }

    /** By each way that an engine has to keep layers where the kernel joins none. */
    @Test
    @Tag("full")
    void anImageIsBuiltAndRun() {
        assumeThat(Ran.run(LIMIT, "which", "buildah").status()).as("package buildah").isZero();
        var builder =
                new Programs(
                        node().logs().resolveSibling("builder"),
                        List.of("fuse-overlayfs", "buildah"));
        var pod = privilegedPod();
        for (var driver :
                List.of(
                        "--storage-driver vfs",
                        "--storage-driver overlay"
                                + " --storage-opt overlay.mount_program=/usr/sbin/fuse-overlayfs")) {
            var container = container(pod, builder, BUILD.replace("OPTIONS", driver));
            Wait.until(LIMIT, () -> pod.log(container).stream().anyMatch(END::equals));
            assertThat(pod.log(container)).as(driver).contains("built", "again of made", END);
        }
    }

    private Pod privilegedPod() {
        return sharedPod(
                config ->
                        config.setLinux(
                                LinuxPodSandboxConfig.newBuilder()
                                        .setSecurityContext(
                                                LinuxSandboxSecurityContext.newBuilder()
                                                        .setPrivileged(true))));
    }

    private String container(Pod pod) {
        return container(pod, Objects.requireNonNull(programs), Pod.IDLE);
    }

    private String container(Pod pod, Programs programs, String script) {
        return pod.start(
                pod.create(
                        "main",
                        config ->
                                Pod.mount(
                                                programs.addTo(config),
                                                node().logs()
                                                        .resolveSibling(
                                                                "volume-" + System.nanoTime()),
                                                "/volume",
                                                false)
                                        .addCommand("sh")
                                        .addArgs("-c")
                                        .addArgs(script)
                                        .setLinux(
                                                LinuxContainerConfig.newBuilder()
                                                        .setSecurityContext(
                                                                LinuxContainerSecurityContext
                                                                        .newBuilder()
                                                                        .setPrivileged(true)))));
    }

    private static Ran script(Pod pod, String container, String text) {
        var ran = pod.exec(container, "sh", "-c", "exec 2>&1; set -e\n" + text);
        assertThat(ran.status()).as("%s", ran.out()).isZero();
        return ran;
    }
}
