package io.saya.share;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.host.guard.RealGuard;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** With the guard that is shipped and the host's own mke2fs. */
@EnabledIf("io.saya.host.guard.RealGuard#available")
@Timeout(60)
class DiskFileTest {

    @TempDir Path directory;

    @Test
    void anEmptySnapshotGetsADiskOnce() throws Exception {
        Path upper = Files.createDirectory(directory.resolve("upper"));
        try (RealGuard guard = new RealGuard(directory)) {
            Path disk = DiskFile.of(guard.host(), upper, DiskFile.UPPER).orElseThrow();
            assertThat(disk.getParent()).isEqualTo(upper);
            assertThat(Files.getPosixFilePermissions(disk))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            assertThat(described(disk))
                    .contains("Filesystem features:", "has_journal", "ext_attr", "extent");
            assertThat(blocks(disk)).isLessThan(8 << 20);
            assertThat(Files.size(disk)).isGreaterThanOrEqualTo(1L << 30);
            // As it is found again, with what was written to it.
            Files.setLastModifiedTime(disk, FileTime.fromMillis(1000));
            assertThat(DiskFile.of(guard.host(), upper, DiskFile.UPPER)).contains(disk);
            assertThat(Files.getLastModifiedTime(disk).toMillis()).isEqualTo(1000);
        }
    }

    @Test
    void aSnapshotWithFilesOfItsOwnGetsNone() throws Exception {
        Path upper = Files.createDirectory(directory.resolve("upper"));
        Files.writeString(upper.resolve("file"), "of a container that wrote by the share");
        try (RealGuard guard = new RealGuard(directory)) {
            assertThat(DiskFile.of(guard.host(), upper, DiskFile.UPPER)).isEmpty();
        }
        assertThat(upper.resolve(DiskFile.UPPER)).doesNotExist();
    }

    @Test
    void aDirectoryThatIsNotThereIsNamed() throws Exception {
        Path upper = directory.resolve("none");
        try (RealGuard guard = new RealGuard(directory)) {
            assertThatThrownBy(() -> DiskFile.of(guard.host(), upper, DiskFile.UPPER))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(upper.toString());
        }
    }

    private static String described(Path disk) throws IOException {
        Process process =
                new ProcessBuilder("/sbin/dumpe2fs", "-h", disk.toString())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static long blocks(Path disk) throws IOException {
        Process process = new ProcessBuilder("/usr/bin/stat", "-c", "%b", disk.toString()).start();
        return 512L
                * Long.parseLong(
                        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                                .strip());
    }
}
