package io.saya.share;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.event.RootfsMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootDiskTest {

    @TempDir Path directory;
    private String file = "";

    @BeforeEach
    void makeFile() throws IOException {
        file = Files.createFile(directory.resolve("disk")).toString();
    }

    @Test
    void isAFileThatIsToBeMountedByALoopDevice() {
        assertThat(RootDisk.of(List.of(mount("ext4", file, "", "rw", "loop", "discard"))))
                .contains(new RootDisk(Path.of(file), false, "ext4", List.of("rw", "discard")));
        assertThat(RootDisk.of(List.of(mount("erofs", file, "/", "loop", "ro"))))
                .hasValueSatisfying(disk -> assertThat(disk.readOnly()).isTrue());
    }

    @Test
    void theGuestIsNotToldOfLabelsThatTheHostsPolicyHas() {
        String label = "\"system_u:object_r:container_file_t:s0:c1,c2\"";
        assertThat(
                        RootDisk.of(
                                List.of(
                                        mount(
                                                "ext4",
                                                file,
                                                "",
                                                "loop",
                                                "context=" + label,
                                                "noatime",
                                                "rootcontext=" + label))))
                .contains(new RootDisk(Path.of(file), false, "ext4", List.of("noatime")));
    }

    @Test
    void nothingElseIs() {
        assertThat(RootDisk.of(List.of())).isEmpty();
        assertThat(RootDisk.of(List.of(mount("ext4", file, "")))).as("no loop").isEmpty();
        assertThat(RootDisk.of(List.of(mount("overlay", file, "", "loop")))).isEmpty();
        assertThat(RootDisk.of(List.of(mount("ext4", file, "usr", "loop")))).isEmpty();
        assertThat(RootDisk.of(List.of(mount("ext4", directory.toString(), "", "loop")))).isEmpty();
        assertThat(RootDisk.of(List.of(mount("ext4", "/none", "", "loop")))).isEmpty();
        RootfsMount one = mount("ext4", file, "", "loop");
        assertThat(RootDisk.of(List.of(one, one))).isEmpty();
    }

    private static RootfsMount mount(String type, String source, String target, String... options) {
        return new RootfsMount(type, source, target, List.of(options));
    }
}
