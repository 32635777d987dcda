package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.containerd.task.CreateTaskRequest;
import io.saya.proto.containerd.types.Mount;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A root file system in a file, as containerd's blockfile snapshotter has it. */
@WithProduct
final class RootDiskTest extends ShimSuite {

    @Test
    void theGuestMountsItAndWhatIsWrittenIsInTheFile() throws Exception {
        var disk = disk(directory());
        var log = directory().resolve("disk.log");
        var script = "grep ' / ' /proc/mounts | cut -d' ' -f3; echo kept > /bin/written";
        try (var shim = start("saya", newId(), Map.of(), "sh", "-c", script)) {
            shim.tasks().create(onDisk(shim, "file://" + log, disk), Shim.within());
            shim.start("");
            assertThat(shim.await("")).isZero();
            shim.delete("");
        }
        assertThat(Wait.until(Shim.LIMIT, () -> Files.exists(log) && log.toFile().length() > 0))
                .isTrue();
        assertThat(log).hasContent("ext4\n");
        assertThat(content(disk, "/bin/written")).isEqualTo("kept\n");
    }

    /** A file with a copy of the suite's root in it. */
    static Path disk(Path directory) {
        var disk = directory.resolve("root.ext4");
        Ran.run(
                        Shim.LIMIT,
                        "mke2fs",
                        "-q",
                        "-F",
                        "-t",
                        "ext4",
                        "-d",
                        directory.resolve("rootfs").toString(),
                        disk.toString(),
                        "64m")
                .succeeded();
        return disk;
    }

    /** A request for a container whose root that is. */
    static CreateTaskRequest onDisk(Shim shim, String stdout, Path disk) {
        return shim.createRequest("", stdout, "").toBuilder()
                .clearRootfs()
                .addRootfs(
                        Mount.newBuilder()
                                .setType("ext4")
                                .setSource(disk.toString())
                                .addOptions("rw")
                                .addOptions("loop"))
                .build();
    }

    private static String content(Path disk, String file) {
        return Ran.run(Shim.LIMIT, "debugfs", "-R", "cat " + file, disk.toString())
                .succeeded()
                .out();
    }
}
