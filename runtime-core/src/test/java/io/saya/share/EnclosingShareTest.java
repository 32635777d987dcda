package io.saya.share;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is mounted is told by lines; the files that both places show are the same, by links. */
class EnclosingShareTest {
    @TempDir Path root;

    private Path shares;
    private Path source;
    private Path shown;

    @BeforeEach
    void files() throws IOException {
        root = root.toRealPath();
        shares = root.resolve("mounts/.volumes");
        source = Files.createDirectories(root.resolve("host/volume/inside")).resolve("file");
        Files.writeString(source, "");
        shown = Files.createDirectories(shares.resolve("a-writable/inside")).resolve("file");
        Files.createLink(shown, source);
    }

    private static MountLine mount(Path in, Path point, String... options) {
        return new MountLine("8:1", in, point, List.of(options));
    }

    /** The host's file system, a share of the volume in it, and more. */
    private Optional<Path> found(MountLine... more) {
        return found(true, more);
    }

    private Optional<Path> found(boolean writing, MountLine... more) {
        List<MountLine> table = new ArrayList<>();
        table.add(mount(Path.of("/fs"), root, "rw", "relatime"));
        table.add(
                mount(
                        Path.of("/fs/host/volume"),
                        shares.resolve("a-writable"),
                        "rw",
                        "nosuid",
                        "nodev",
                        "relatime"));
        table.addAll(List.of(more));
        return EnclosingShare.of(
                source, shares, name -> name.endsWith("-writable"), writing, table);
    }

    @Test
    void whatASharedVolumeShowsIsFoundInIt() {
        assertThat(found()).contains(shown);
    }

    @Test
    void itIsFoundByThePlaceThatAKubeletBindsItTo() throws IOException {
        Path bound = Files.createDirectories(root.resolve("subpath")).resolve("0");
        Files.createLink(bound, source);
        source = bound;
        assertThat(found(mount(Path.of("/fs/host/volume/inside/file"), bound, "rw", "relatime")))
                .contains(shown);
    }

    @Test
    void aShareThatMayNotServeDoesNot() {
        assertThat(
                        EnclosingShare.of(
                                source,
                                shares,
                                name -> name.endsWith("-read_only"),
                                false,
                                List.of(
                                        mount(Path.of("/"), root, "rw"),
                                        mount(
                                                Path.of("/host/volume"),
                                                shares.resolve("a-writable"),
                                                "rw",
                                                "nosuid",
                                                "nodev"))))
                .isEmpty();
    }

    @Test
    void mountsOnTheWayAtItAndBelowSpeakAgainstIt() {
        Path elsewhere = Path.of("/other");
        assertThat(found(mount(elsewhere, shares.resolve("a-writable/inside"), "rw"))).isEmpty();
        assertThat(found(mount(elsewhere, source.resolve("below"), "rw"))).isEmpty();
        assertThat(found(mount(elsewhere, shown.resolve("below"), "rw"))).isEmpty();
        assertThat(found(mount(elsewhere, shares.resolve("a-writable/beside"), "rw"))).isPresent();
    }

    @Test
    void anotherFileSystemAndOtherOptionsSpeakAgainstIt() {
        Path volume = root.resolve("host/volume");
        assertThat(found(new MountLine("8:2", Path.of("/"), volume, List.of("rw", "relatime"))))
                .isEmpty();
        assertThat(found(mount(Path.of("/fs/host/volume"), volume, "rw", "noexec", "relatime")))
                .isEmpty();
    }

    @Test
    void whatTheHostHasReadOnlyIsNotWrittenToByAnotherPlacesShare() {
        MountLine readOnly =
                mount(Path.of("/fs/host/volume"), root.resolve("host/volume"), "ro", "relatime");
        assertThat(found(true, readOnly)).isEmpty();
        assertThat(found(false, readOnly)).contains(shown);
    }

    @Test
    void whatIsAnotherFileThereIsNot() throws IOException {
        Files.delete(shown);
        assertThat(found()).isEmpty();
        Files.writeString(shown, "another");
        assertThat(found()).isEmpty();
    }

    @Test
    void noLinkOnTheWayIsFollowed() throws IOException {
        Files.move(shown.getParent(), shares.resolve("a-writable/moved"));
        Files.createSymbolicLink(shown.getParent(), Path.of("moved"));
        assertThat(shown).exists();
        assertThat(found()).isEmpty();
    }

    @Test
    void aLineOfTheKernelsIsRead() {
        assertThat(
                        MountLine.all(
                                List.of(
                                        "36 35 98:0 /a\\040b /mnt rw,noatime shared:1 - ext4 /dev/r"
                                                + " rw",
                                        "37 35 0:4 net:[4026532281] /run/netns/x rw - nsfs nsfs"
                                                + " rw")))
                .containsExactly(
                        new MountLine(
                                "98:0",
                                Path.of("/a b"),
                                Path.of("/mnt"),
                                List.of("rw", "noatime")));
    }
}
