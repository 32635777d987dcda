package io.saya.share;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.agent.GuestFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KubeletVolumeTest {

    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"configmap", "secret", "projected", "downward-api"})
    void isKnownByItsPath(String kind) {
        Path source = Path.of("/var/lib/kubelet/pods/u/volumes/kubernetes.io~" + kind + "/name");
        assertThat(KubeletVolume.of(source))
                .hasValueSatisfying(
                        volume ->
                                assertThat(volume.name())
                                        .isEqualTo("kubernetes.io~" + kind + "/name"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/var/lib/kubelet/pods/u/volumes/kubernetes.io~empty-dir/name",
                "/var/lib/kubelet/pods/u/volume-subpaths/kubernetes.io~configmap/name",
                "/kubernetes.io~configmap/name",
                "/etc",
                "/"
            })
    void othersAreNot(String source) {
        assertThat(KubeletVolume.of(Path.of(source))).isEmpty();
    }

    @Test
    void isReadWithLinksLastAndItsVersion() throws IOException {
        KubeletVolume volume = volume();
        fill(volume, "..1", "key", "value");
        KubeletVolume.Content content = volume.read(100).orElseThrow();
        assertThat(content.version()).isEqualTo("..1");
        assertThat(content.bytes())
                .isEqualTo("value".length() + "..1".length() + "..data/key".length());
        assertThat(content.files())
                .extracting(GuestFile::path)
                .containsExactly(".", "..1", "..1/key", "..data", "key");
        assertThat(content.files())
                .extracting(file -> file.content().toStringUtf8())
                .containsExactly("", "", "value", "..1", "..data/key");
        assertThat(content.files().get(2).mode() & 0170000).isEqualTo(0100000);
        assertThat(content.files().get(3).mode() & 0170000).isEqualTo(0120000);
    }

    @Test
    void isNotReadIfItIsTooLargeOrNotAKubelets() throws IOException {
        KubeletVolume volume = volume();
        assertThat(volume.read(100)).as("empty").isEmpty();
        Files.writeString(volume.directory().resolve("..data"), "no link");
        assertThat(volume.read(100)).as("no link").isEmpty();
        Files.delete(volume.directory().resolve("..data"));
        fill(volume, "..1", "key", "x".repeat(101));
        assertThat(volume.read(100)).as("too large").isEmpty();
        assertThat(volume.read(1000)).isPresent();
        assertThat(new KubeletVolume(directory.resolve("none")).version()).isEmpty();
    }

    private KubeletVolume volume() throws IOException {
        return new KubeletVolume(
                Files.createDirectories(directory.resolve("volumes/kubernetes.io~secret/name")));
    }

    /** As a kubelet does. */
    static void fill(KubeletVolume volume, String version, String key, String value)
            throws IOException {
        Path top = volume.directory();
        Files.writeString(Files.createDirectory(top.resolve(version)).resolve(key), value);
        Files.createSymbolicLink(top.resolve("..data_tmp"), Path.of(version));
        Files.move(
                top.resolve("..data_tmp"),
                top.resolve("..data"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        for (String link : List.of(key)) {
            if (!Files.exists(top.resolve(link))) {
                Files.createSymbolicLink(top.resolve(link), Path.of("..data", link));
            }
        }
    }
}
