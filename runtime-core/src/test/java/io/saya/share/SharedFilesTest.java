package io.saya.share;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SharedFilesTest {

    @Test
    void aMillionIsWhatVirtiofsdAsksFor() {
        assertThat(SharedFiles.most(List.of("--xattr"), 1_048_576)).isEqualTo(1_000_000);
    }

    @Test
    void aLowerLimitOfTheProcessHolds() {
        assertThat(SharedFiles.most(List.of(), 524_288)).isEqualTo(524_288);
        assertThat(SharedFiles.most(List.of("--rlimit-nofile=600000"), 524_288)).isEqualTo(524_288);
    }

    @Test
    void theOperatorsLimitHolds() {
        assertThat(SharedFiles.most(List.of("--rlimit-nofile=4000", "-o", "flock"), 1_048_576))
                .isEqualTo(4000);
        assertThat(SharedFiles.most(List.of("--rlimit-nofile=0"), 1_048_576)).isEqualTo(1_000_000);
    }

    @Test
    void thisProcessHasALimit() {
        assertThat(SharedFiles.most(List.of())).isBetween(256L, 1_000_000L);
    }
}
