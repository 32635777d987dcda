package io.saya.share;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is shared as a whole is found by names that containers can make, too, in what they write to:
 * whoever believed those would share a path with the guest that a container changes meanwhile.
 */
class PodEmptyDirsTest {
    private static final String EMPTY_DIR = "pods/uid/volumes/kubernetes.io~empty-dir/";

    private final PodEmptyDirs own = new PodEmptyDirs("uid");

    @TempDir Path kubelet;

    private Path volume;

    @BeforeEach
    void files() throws IOException {
        kubelet = kubelet.toRealPath();
        volume = directory(EMPTY_DIR + "scratch");
    }

    private Path directory(String name) throws IOException {
        return Files.createDirectories(kubelet.resolve(name));
    }

    /** The host's file system, and a directory of it that a kubelet has bound for a subPath. */
    private List<MountLine> bound(Path inside, Path place) {
        return List.of(
                new MountLine("8:1", Path.of("/"), Path.of("/"), List.of("rw")),
                new MountLine("8:1", inside, place, List.of("rw")));
    }

    @Test
    void aVolumeAndWhatIsInItAreOfTheVolume() throws IOException {
        Path inside = directory(EMPTY_DIR + "scratch/a/b");
        assertThat(own.holding(volume, MountLine.all())).contains(volume);
        assertThat(own.holding(inside, MountLine.all())).contains(volume);
        assertThat(new PodEmptyDirs("another").holding(inside, MountLine.all())).isEmpty();
        assertThat(PodEmptyDirs.NONE.holding(inside, MountLine.all())).isEmpty();
    }

    @Test
    void whatAKubeletBindsForASubPathIsOfTheVolumeThatItLiesIn() throws IOException {
        Path place = directory("pods/uid/volume-subpaths/scratch/container/0");
        assertThat(own.holding(place, bound(volume.resolve("a"), place))).contains(volume);
    }

    @Test
    void whatLiesElsewhereIsNot() throws IOException {
        Path place = directory("pods/uid/volume-subpaths/scratch/container/0");
        Path beside = kubelet.resolve("pods/uid/volumes/kubernetes.io~csi/scratch/mount/a");
        assertThat(own.holding(place, bound(beside, place))).isEmpty();
        Path nowhere = directory("pods/uid/volume-subpaths/unknown/container/0");
        assertThat(own.holding(nowhere, bound(volume, nowhere))).isEmpty();
    }

    @Test
    void namesThatAContainerHasMadeInAVolumeAreNotBelieved() throws IOException {
        Path inside = directory(EMPTY_DIR + "scratch/" + EMPTY_DIR + "planted");
        assertThat(own.holding(inside, MountLine.all())).contains(volume);
        Path place = directory("pods/uid/volume-subpaths/scratch/container/0");
        assertThat(own.holding(place, bound(inside, place))).contains(volume);

        Path persistent =
                directory("pods/uid/volumes/kubernetes.io~csi/claim/mount/" + EMPTY_DIR + "x");
        assertThat(own.holding(persistent, MountLine.all())).isEmpty();
        Path other = directory("pods/uid/volume-subpaths/claim/container/0");
        assertThat(own.holding(other, bound(persistent, other))).isEmpty();
    }

    @Test
    void noLinkIsAVolume() throws IOException {
        Path place = directory("pods/uid/volume-subpaths/link/container/0");
        Files.createSymbolicLink(kubelet.resolve(EMPTY_DIR + "link"), volume);
        assertThat(own.holding(place, bound(volume, place))).isEmpty();
    }
}
