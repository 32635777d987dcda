package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** A container that looks at more files of a volume than virtiofsd has descriptors for. */
@WithProduct
final class ManyFilesTest extends PodSuite {

    /** Less than a million, so that there are more files within a minute. */
    private static final String FEW =
            """
            [hypervisor.qemu]
            virtio_fs_extra_args = ["--rlimit-nofile=12000"]
            """;

    private static final int FILES = 16_000;

    @Override
    protected Node newNode() {
        return Node.with(FEW);
    }

    @Test
    void allAreFoundAndThereIsRoomForMore() throws IOException {
        var pod = pod();
        var volume =
                Files.createDirectories(
                        node().logs().resolveSibling("many-" + pod.config().getHostname()));
        for (int i = 0; i < FILES; i++) {
            Files.createFile(volume.resolve("file-" + i));
        }
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config -> {
                                    Pod.mount(config, volume, "/volume", false);
                                    return config.addCommand("sh").addArgs("-c").addArgs(Pod.IDLE);
                                }));
        assertThat(pod.exec(container, "sh", "-c", "ls -l /volume | grep -c file-").out())
                .isEqualTo(FILES + "\n");
        var more =
                pod.exec(
                        container,
                        "sh",
                        "-c",
                        "mkdir /volume/more && cd /volume/more && seq 4000 | xargs touch && ls | wc"
                                + " -l");
        assertThat(more.out()).as(more.err()).isEqualTo("4000\n");
        assertThat(pod.exec(container, "cat", "/volume/file-1").status()).isZero();
    }
}
