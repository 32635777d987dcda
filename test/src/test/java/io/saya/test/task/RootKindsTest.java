package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.saya.proto.containerd.types.Mount;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Root file systems of the kinds that containerd's snapshotters have, by mounts as those make them:
 * ext4 and xfs (blockfile, devmapper), erofs alone and below an overlay (erofs).
 */
@WithProduct
final class RootKindsTest extends ShimSuite {

    /** What is read-only takes no file, and says so to nobody. */
    private static final String SCRIPT =
            "grep ' / ' /proc/mounts | cut -d' ' -f3; { echo kept > /bin/written; } 2>&-; cat"
                    + " /bin/written 2>&- || echo read-only";

    private final List<Path> mounted = new ArrayList<>();

    @AfterEach
    void unmount() {
        for (var place : mounted.reversed()) {
            Ran.run(Shim.LIMIT, "umount", place.toString()).succeeded();
        }
        mounted.clear();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs"})
    void aFileIsWrittenToByTheGuestAlone(String type) throws Exception {
        for (var disks : List.of(false, true)) {
            var file = image(type);
            assertThat(lines(disks, mount(type, file, "rw", "loop")))
                    .as(disks ? "as a disk" : "in a file")
                    .containsExactly(type, "kept");
            assertThat(on(file, "cat bin/written")).isEqualTo("kept\n");
        }
    }

    @Test
    void anErofsIsARootByItself() throws Exception {
        for (var disks : List.of(false, true)) {
            assertThat(lines(disks, mount("erofs", image("erofs"), "ro", "loop")))
                    .as(disks ? "as a disk" : "in a file")
                    .containsExactly("erofs", "read-only");
        }
    }

    /** What containerd 2.x gives when it has mounted the layers itself: an overlay on them. */
    @Test
    void layersOfErofsAreJoined() throws Exception {
        var more = Files.createDirectories(directory().resolve("more"));
        Files.createDirectories(more.resolve("bin"));
        Files.writeString(more.resolve("bin/of-layer"), "x");
        var layers =
                List.of(onHost(erofs("more", more)), onHost(image("erofs"))).stream()
                        .map(Path::toString)
                        .toList();
        var upper = Files.createDirectories(directory().resolve("snapshot/fs"));
        var work = Files.createDirectories(directory().resolve("snapshot/work"));
        var root =
                Mount.newBuilder()
                        .setType("overlay")
                        .setSource("overlay")
                        .addOptions("lowerdir=" + String.join(":", layers))
                        .addOptions("upperdir=" + upper)
                        .addOptions("workdir=" + work)
                        .build();
        assertThat(lines(false, root).subList(1, 2)).containsExactly("kept");
        assertThat(upper.resolve("bin/written")).hasContent("kept");
    }

    /** What a container prints whose root that is, line by line. */
    private List<String> lines(boolean disks, Mount root) throws Exception {
        var log = directory().resolve("log-" + newId());
        try (var shim = startWith(environment(disks), newId(), Map.of(), "sh", "-c", SCRIPT)) {
            shim.tasks()
                    .create(
                            shim.createRequest("", "file://" + log, "").toBuilder()
                                    .clearRootfs()
                                    .addRootfs(root)
                                    .build(),
                            Shim.within());
            shim.start("");
            assertThat(shim.await("")).isZero();
            shim.delete("");
        }
        assertThat(Wait.until(Shim.LIMIT, () -> Files.exists(log) && log.toFile().length() > 0))
                .isTrue();
        return Files.readAllLines(log);
    }

    private Map<String, String> environment(boolean disks) throws IOException {
        var file = directory().resolve("kinds-" + disks + ".toml");
        Files.writeString(
                file,
                """
                [hypervisor.qemu]
                disable_block_device_use = %s
                pcie_root_port = 1
                """
                        .formatted(!disks));
        return Map.of("KATA_CONF_FILE", file.toString());
    }

    private static Mount mount(String type, Path source, String... options) {
        return Mount.newBuilder()
                .setType(type)
                .setSource(source.toString())
                .addAllOptions(List.of(options))
                .build();
    }

    /** A file with a copy of the suite's root in it. */
    private Path image(String type) throws IOException {
        if (type.equals("erofs")) {
            return erofs("root", directory().resolve("rootfs"));
        }
        var file = directory().resolve(newId() + "." + type);
        Ran.run(Shim.LIMIT, "truncate", "-s", "320M", file.toString()).succeeded();
        Ran.run(Shim.LIMIT, "mkfs." + type, "-q", file.toString()).succeeded();
        on(file, "cp -a '" + directory().resolve("rootfs") + "/.' .");
        return file;
    }

    private Path erofs(String name, Path content) {
        var file = directory().resolve(name + ".erofs");
        Ran.run(Shim.LIMIT, "mkfs.erofs", file.toString(), content.toString()).succeeded();
        return file;
    }

    private Path onHost(Path image) throws IOException {
        assumeThat(Files.readString(Path.of("/proc/filesystems"))).as("a host").contains("erofs");
        var place = Files.createDirectories(directory().resolve("on-host-" + image.getFileName()));
        Ran.run(Shim.LIMIT, "mount", "-o", "loop,ro", image.toString(), place.toString())
                .succeeded();
        mounted.add(place);
        return place;
    }

    /** What a command prints in a file system in a file, which no guest has. */
    private String on(Path file, String command) throws IOException {
        var place = Files.createDirectories(directory().resolve("place"));
        return Ran.run(
                        Shim.LIMIT,
                        "sh",
                        "-ec",
                        "mount -o loop \"$0\" \"$1\"; trap 'cd /; umount \"$1\"' EXIT; cd \"$1\"; "
                                + command,
                        file.toString(),
                        place.toString())
                .succeeded()
                .out();
    }
}
