package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Kubernetes' {@code HostToContainer}: what the host mounts later, in a volume, is seen inside. */
@WithProduct
final class PropagationTest extends ShimSuite {
    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void whatTheHostMountsLaterIsSeen() throws Exception {
        var volume = Files.createDirectory(directory().resolve("volume"));
        var later = Files.createDirectory(volume.resolve("later"));
        var seen = directory().resolve("rootfs/seen");
        run("mount", "--bind", volume.toString(), volume.toString());
        run("mount", "--make-shared", volume.toString());
        try (var shim =
                start(
                        "saya",
                        Map.of(),
                        "sh",
                        "-c",
                        "until cat /volume/later/file; do sleep 0.1; done > /seen.new;"
                                + " mv /seen.new /seen; sleep 1000")) {
            mount(shim, volume);
            shim.create("", "", "");
            shim.start("");
            run("mount", "-t", "tmpfs", "none", later.toString());
            Files.writeString(later.resolve("file"), "mounted later\n");
            assertThat(Wait.until(SOON, () -> Files.exists(seen))).isTrue();
            assertThat(Files.readString(seen)).isEqualTo("mounted later\n");
        } finally {
            Ran.run(SOON, "umount", later.toString());
            run("umount", volume.toString());
            Files.deleteIfExists(seen);
            Files.deleteIfExists(directory().resolve("rootfs/seen.new"));
        }
    }

    private static void mount(Shim shim, Path volume) throws IOException {
        var file = shim.bundle().resolve("config.json");
        var json = Files.readString(file);
        Files.writeString(
                file,
                json.replaceFirst(
                        "\"mounts\": *\\[",
                        "\"mounts\": [{\"destination\": \"/volume\", \"type\": \"bind\", \"source\":"
                                + " \""
                                + volume
                                + "\", \"options\": [\"rbind\", \"rslave\", \"rw\"]},"));
    }

    private static void run(String... command) {
        Ran.run(SOON, command).succeeded();
    }
}
