package io.saya.share;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.saya.share.HostMounts.Access;
import java.util.List;
import org.junit.jupiter.api.Test;

class MountOptionsTest {

    @Test
    void readOnlyIsForOneMountAndForAllBelowByDifferentWords() {
        assertThat(MountOptions.parse(List.of("rbind", "rw")).access()).isEqualTo(Access.WRITABLE);
        assertThat(MountOptions.parse(List.of("rbind", "ro")).access()).isEqualTo(Access.READ_ONLY);
        assertThat(MountOptions.parse(List.of("rbind", "rro")).access())
                .isEqualTo(Access.READ_ONLY_THROUGHOUT);
        assertThat(MountOptions.parse(List.of("rro", "rnosuid")).data()).isEmpty();
    }

    @Test
    void aWordForAllMountsBelowThatIsNotSupportedIsRefusedByName() {
        MountOptions options = MountOptions.parse(List.of("rbind", "rrw", "nosymfollow", "ridmap"));
        assertThat(options.data()).isEmpty();
        assertThatIOException()
                .isThrownBy(() -> options.requireSupported("mount of /a at /b"))
                .withMessageContaining(
                        "mount of /a at /b: option rrw, nosymfollow, ridmap is not supported");
    }
}
