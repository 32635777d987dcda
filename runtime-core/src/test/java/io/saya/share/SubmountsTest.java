package io.saya.share;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.share.Submounts.View;
import io.saya.share.Submounts.Writable;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class SubmountsTest {

    private static String mount(String point, String options) {
        return "36 35 98:0 / " + point + " " + options + " shared:1 - ext4 /dev/root rw";
    }

    @Test
    void onlyWritableOnesBelowTheDirectoryAreToldAndTheirFlags() {
        assertThat(
                        Submounts.writableBelow(
                                Path.of("/volume"),
                                List.of(
                                        mount("/volume", "rw,relatime"),
                                        mount("/volumes", "rw,relatime"),
                                        mount("/volume/read-only", "ro,nosuid"),
                                        mount("/volume/read-only/inside", "rw,relatime"),
                                        mount("/volume/a", "rw,nosuid,nodev,noexec,relatime"),
                                        mount("/volume/a/below", "rw,relatime"),
                                        mount("/volume/a\\040blank", "rw"))))
                .containsExactly(
                        new Writable("a", List.of("rbind", "rw", "nosuid", "nodev", "noexec")),
                        new Writable("a blank", List.of("rbind", "rw")),
                        new Writable("read-only/inside", List.of("rbind", "rw")));
    }

    @Test
    void aPlaceHasTheOptionsOfTheMountItIsInAndMountsBelowOrNone() {
        var mounts =
                List.of(
                        mount("/", "rw,relatime"),
                        mount("/volume", "rw,relatime"),
                        mount("/volume", "ro,noexec"),
                        mount("/volumes/a/below", "rw"));
        assertThat(Submounts.of(Path.of("/volume/x"), mounts))
                .isEqualTo(new View("ro,noexec", false));
        assertThat(Submounts.of(Path.of("/volumes/a"), mounts))
                .isEqualTo(new View("rw,relatime", true));
    }

    @Test
    void theLastMountAtAPlaceCounts() {
        assertThat(
                        Submounts.writableBelow(
                                Path.of("/volume"),
                                List.of(mount("/volume/a", "rw"), mount("/volume/a", "ro"))))
                .isEmpty();
    }
}
