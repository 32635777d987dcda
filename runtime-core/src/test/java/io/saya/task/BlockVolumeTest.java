package io.saya.task;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.oci.OciSpec;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class BlockVolumeTest {

    private static final String DEVICES =
            """
            [{"path": "/dev/data", "type": "b", "major": 253, "minor": 3},
             {"path": "/dev/seen", "type": "b", "major": 253, "minor": 4},
             {"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229}]
            """;

    @Test
    void isABlockDeviceThatTheSpecificationNames() {
        assertThat(
                        BlockVolume.of(
                                spec(
                                        """
                                        [{"allow": false, "access": "rwm"},
                                         {"allow": true, "type": "b", "major": 253, "minor": 3, "access": "rwm"},
                                         {"allow": true, "type": "b", "major": 253, "minor": 4, "access": "r"}]
                                        """)))
                .containsExactly(
                        new BlockVolume("/dev/data", 253, 3, false),
                        new BlockVolume("/dev/seen", 253, 4, true));
        assertThat(BlockVolume.of(spec("[]")))
                .as("without rules of its own it may be written to")
                .allMatch(volume -> !volume.readOnly());
    }

    /** containerd lists every device of the host then. */
    @Test
    void whoMayOpenAllHasNone() {
        assertThat(BlockVolume.of(spec("[{\"allow\": true, \"access\": \"rwm\"}]"))).isEmpty();
        assertThat(BlockVolume.of(spec("[{\"allow\": true, \"type\": \"a\"}]"))).isEmpty();
    }

    @Test
    void withoutPlacesForDisksItIsRefusedByName() throws IOException {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> BlockVolume.refuse(BlockVolume.of(spec("[]"))))
                .withMessageContaining("block device /dev/data (253:3 of the host)")
                .withMessageContaining("disable_block_device_use = false");
        // The guest has loop devices of its own.
        BlockVolume.refuse(List.of(new BlockVolume("/dev/loop0", 7, 0, false)));
    }

    private static OciSpec spec(String rules) {
        return OciSpec.parse(
                ("{\"ociVersion\": \"1.0.2\", \"linux\": {\"devices\": "
                                + DEVICES
                                + ", \"resources\": {\"devices\": "
                                + rules
                                + "}}}")
                        .getBytes(UTF_8));
    }
}
